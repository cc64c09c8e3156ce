import { membersOf } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import { type RunningServer, runningName } from "../model/running.ts";
import { type ServerChange, stateOf } from "../model/step.ts";

/** A HAProxy process, as far as its Runtime API shows. */
export type FakeProcess = {
	readonly pid: number;
	readonly structure: string;
	readonly servers: Map<string, RunningServer>;
};

/** A process as it is right after its start. */
export function startedFrom({ structure, fleet }: Pick<Generation, "structure" | "fleet">): FakeProcess {
	const servers = membersOf(fleet).map(({ pool, server }): RunningServer => {
		const { name, address, port, weight, state } = server;
		const started = { pool, server: name, address, port, state: "ready", weight } as const;
		if (state === undefined) return started;
		return state === "maint" ? { ...started, state } : { ...started, weight: 0 };
	});
	return { pid: 7, structure, servers: new Map(servers.map((server) => [runningName(server), server])) };
}

/** What HAProxy does with a change that it does not complain of. `busy`: servers that have requests in flight. */
export function perform(
	change: ServerChange,
	{ process, busy }: { readonly process: FakeProcess | undefined; readonly busy: ReadonlySet<string> },
): void {
	const name = runningName(change);
	const now = process?.servers.get(name);
	switch (change.kind) {
		case "add-server":
			if (now === undefined) process?.servers.set(name, added(change));
			break;
		case "remove-server":
			if (now?.state === "maint" && (change.force || !busy.has(name))) process?.servers.delete(name);
			break;
		case "maint-server":
		case "drain-server":
		case "ready-server":
			if (now !== undefined) process?.servers.set(name, { ...now, state: states[change.kind] });
			break;
		case "weight-server":
			if (now !== undefined) process?.servers.set(name, { ...now, weight: change.weight });
	}
}

const states = { "maint-server": "maint", "drain-server": "drain", "ready-server": "ready" } as const;

function added({
	pool,
	server,
	entry,
}: Extract<ServerChange, { readonly kind: "add-server" }>): RunningServer {
	const { address, port, weight } = entry;
	return { pool, server, address, port, weight, state: stateOf(entry) };
}
