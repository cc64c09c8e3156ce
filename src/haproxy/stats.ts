import { unexpectedReply } from "./reply.ts";
import { ask, type CommandSocket } from "./socket.ts";

/** One server as HAProxy counts it. */
export type ServerStats = {
	readonly pool: string;
	readonly server: string;
	/** `ip:port`, or `[ip]:port`. */
	readonly address: string;
	/** HAProxy's own word: `UP`, `UP 1/3`, `DOWN`, `DRAIN`, `MAINT`, `no check`, … */
	readonly status: string;
	/** How its last check ended, in HAProxy's words such as `L7OK` or `L4CON`; empty without checks. */
	readonly check: string;
	/** As configured or set since; drain leaves it as it is. */
	readonly weight: number;
	/** Requests and connections in service now. */
	readonly current: number;
	readonly queued: number;
	/** Since the process started. */
	readonly total: number;
	/** Seconds in this status. */
	readonly sinceSeconds: number;
};

// All proxies (-1), servers only (type 4), all of them (-1).
const command = "show stat -1 4 -1 typed";

export async function showStats(socket: CommandSocket, signal: AbortSignal): Promise<readonly ServerStats[]> {
	return parseStats(await ask(socket, command, signal));
}

/** The object letter, proxy id, server id, field number, name and process; origin, nature and scope; type; value. */
const line = /^S\.(\d+\.\d+)\.\d+\.([^.:]+)\.\d+:\w+:\w+:(.*)$/;

/** The typed form of management.txt, 9.2: one field a line, so that nothing in a value can be taken for a separator. */
export function parseStats(reply: string): readonly ServerStats[] {
	const servers = new Map<string, Map<string, string>>();
	for (const text of reply.split("\n")) {
		if (text === "") continue;
		const [, server, name, value] = line.exec(text) ?? [];
		if (server === undefined || name === undefined || value === undefined)
			throw unexpectedReply(command, text);
		servers.set(server, (servers.get(server) ?? new Map()).set(name, value));
	}
	return [...servers.values()].map(toStats);
}

function toStats(fields: ReadonlyMap<string, string>): ServerStats {
	const text = (name: string) => fields.get(name) ?? "";
	const count = (name: string) => Number(fields.get(name) ?? 0);
	return {
		pool: text("pxname"),
		server: text("svname"),
		address: text("addr"),
		status: text("status"),
		check: text("check_status"),
		weight: count("weight"),
		current: count("scur"),
		queued: count("qcur"),
		total: count("stot"),
		sinceSeconds: count("lastchg"),
	};
}
