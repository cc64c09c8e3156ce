import { unexpectedReply } from "./reply.ts";
import { ask, type CommandSocket } from "./socket.ts";

/** `show info`: the process that answers. */
export type ProcessInfo = {
	readonly version: string;
	readonly pid: number;
	readonly uptimeSeconds: number;
	/** The `description` of the configuration it loaded, which is the generation's id; empty when it has none. */
	readonly description: string;
	/** An old process that only finishes its connections. */
	readonly stopping: boolean;
	readonly threads: number;
	readonly maxconn: number;
	readonly connections: number;
};

/** A row of `show servers state`: what the process makes of a server right now. */
export type ServerState = {
	readonly pool: string;
	readonly server: string;
	readonly address: string;
	readonly port: number;
	readonly operation: "stopped" | "starting" | "running" | "stopping";
	/** Taken out by a person, by the configuration, or because its name doesn't resolve. */
	readonly maintenance: boolean;
	readonly draining: boolean;
	readonly weight: number;
};

export async function showInfo(socket: CommandSocket, signal: AbortSignal): Promise<ProcessInfo> {
	return parseInfo(await ask(socket, "show info", signal));
}

/** The servers of one pool, or of all. Throws `AppError` for a pool that HAProxy doesn't have. */
export async function showServersState(
	socket: CommandSocket,
	pool: string | undefined,
	signal: AbortSignal,
): Promise<readonly ServerState[]> {
	const command = pool === undefined ? "show servers state" : `show servers state ${pool}`;
	return parseServersState(command, await ask(socket, command, signal));
}

/** Lines of `Name: value`, the text of management.txt's `show info`. */
export function parseInfo(reply: string): ProcessInfo {
	const fields = new Map(reply.split("\n").map(splitAtColon));
	const field = (name: string) => fields.get(name) ?? "";
	const info = {
		version: field("Version"),
		pid: Number(field("Pid")),
		uptimeSeconds: Number(field("Uptime_sec")),
		description: field("description"),
		stopping: field("Stopping") !== "0",
		threads: Number(field("Nbthread")),
		maxconn: Number(field("Maxconn")),
		connections: Number(field("CurrConns")),
	};
	if (field("Name") !== "HAProxy" || !(info.pid > 0)) throw unexpectedReply("show info", reply);
	return info;
}

function splitAtColon(line: string): readonly [string, string] {
	const at = line.indexOf(":");
	return [line.slice(0, at), line.slice(at + 1).trim()];
}

/** The columns we read, by their place in version 1 of the format (configuration.txt, "server-state-file"). */
const columns = { pool: 1, server: 3, address: 4, operation: 5, admin: 6, weight: 7, port: 18 } as const;
const operations = ["stopped", "starting", "running", "stopping"] as const;
// srv_admin_state is a set of bits: forced, inherited, unresolved and renamed maintenance; drain, forced and inherited. One that
// was configured (0x04) says only where the forced one came from, and stays when that is taken back.
const maintenanceBits = 0x01 | 0x02 | 0x20 | 0x40;
const drainBits = 0x08 | 0x10;

/** The header names each column; rows are separated by spaces and never quoted. */
export function parseServersState(command: string, reply: string): readonly ServerState[] {
	const [version, header, ...rows] = reply.trimEnd().split("\n");
	if (version !== "1" || header?.startsWith("# be_id be_name srv_id srv_name srv_addr") !== true) {
		throw unexpectedReply(command, reply);
	}
	return rows.map((row) => {
		const state = parseServerState(row.split(" "));
		if (state === undefined) throw unexpectedReply(command, row);
		return state;
	});
}

function parseServerState(cells: readonly string[]): ServerState | undefined {
	const operation = operations[Number(cells[columns.operation])];
	const admin = Number(cells[columns.admin]);
	const [port, weight] = [Number(cells[columns.port]), Number(cells[columns.weight])];
	if (operation === undefined || ![admin, port, weight].every(Number.isInteger)) return undefined;
	return {
		pool: cells[columns.pool] ?? "",
		server: cells[columns.server] ?? "",
		address: cells[columns.address] ?? "",
		port,
		operation,
		maintenance: (admin & maintenanceBits) !== 0,
		draining: (admin & drainBits) !== 0,
		weight,
	};
}
