import type { AdminPorts, ServerRow } from "../admin/api.ts";
import type { LoggedEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";
import type { Status } from "../reconcile/status.ts";

/** What a controller tells while all is well. */
export const wellStatus: Status = {
	state: "ok",
	pools: 1,
	servers: 2,
	generation: "0a1b2c3d4e5f",
	lastTurn: "2026-01-01T00:00:10.000Z",
	lastReload: {
		at: "2026-01-01T00:00:00.000Z",
		took: 35,
		reasons: [
			{ kind: "pool-added", subject: "api" },
			{ kind: "routes-changed", subject: "" },
		],
	},
	reloads: { count: 2, repairs: 0 },
	oldProcesses: { endAfter: "30m", processes: [] },
	engine: { connected: true, since: "2026-01-01T00:00:00.000Z", attempt: 1 },
	held: [],
	problems: [],
};

export const badLabel: Problem = {
	code: "bad-label",
	severity: "problem",
	subject: "web-3",
	message: 'label ballast.port is "http", expected a port',
	hint: "recreate the container",
};

export const startingUp: Problem = {
	code: "health-starting",
	severity: "notice",
	subject: "web-4",
	message: "its HEALTHCHECK has not passed yet",
	hint: "wait",
};

export const webRow: ServerRow = {
	pool: "nodes",
	server: "web-1-0a1b2c3d",
	container: "web-1",
	id: "0a1b2c3d".repeat(8),
	address: "192.168.42.3:3000",
	status: "UP",
	held: null,
	weight: 100,
	current: 2,
	total: 41,
};

export const webJoined: LoggedEvent = {
	time: "2026-01-01T00:00:00.000Z",
	role: "backend",
	name: "web-1",
	id: "0a1b2c3d".repeat(8),
	address: "192.168.42.3:3000",
	pool: "nodes",
	event: "join",
	why: "healthy",
};

/** A controller's answers while all is well, one server in the pool. */
export function adminPorts(over: Partial<AdminPorts> = {}): AdminPorts {
	return {
		status: () => wellStatus,
		servers: async () => [webRow],
		health: async () => ({ healthy: true, why: "all is well" }),
		log: fakeLog().log,
		leaving: () => new Map(),
		hand: async () => ({ handlers: 1, webhooks: 0, dropped: 0 }),
		why: async () => ({ known: false, near: [] }),
		hold: async () => ({ known: false, near: [] }),
		inFlight: async () => ({ state: "out", open: 0, queued: 0, replaced: [] }),
		scale: {
			...{ on: false, clock: () => ({ now: 0, wall: 0 }) },
			...{ decisions: () => new Map(), orders: () => new Map(), order: async () => [] },
		},
		...over,
	};
}

/** A log that holds one line, and tells its followers what a test says. */
export function fakeLog(latest: readonly LoggedEvent[] = [webJoined]) {
	const followers = new Set<(events: readonly LoggedEvent[]) => void>();
	const log: AdminPorts["log"] = {
		latest: async (most) => latest.slice(0, most),
		follow: async (most, tell) => {
			tell(latest.slice(0, most));
			followers.add(tell);
			return { [Symbol.dispose]: () => followers.delete(tell) };
		},
	};
	const tell = (...events: readonly LoggedEvent[]) => {
		for (const follower of followers) follower(events);
	};
	return { log, tell, followers };
}
