import type { PoolLoad } from "../model/pool-load.ts";
import { unexpectedReply } from "./reply.ts";
import { ask, type CommandSocket } from "./socket.ts";

/** Of each of these pools that the process has. */
export async function showLoad(
	socket: CommandSocket,
	pools: readonly string[],
	signal: AbortSignal,
): Promise<readonly PoolLoad[]> {
	if (pools.length === 0) return [];
	// Backend and servers (types 2 and 4) of one pool, all of them (-1).
	const command = [...pools.map((pool) => `show stat ${pool} 6 -1 typed`), "show held"].join(";");
	return parseLoad(command, await ask(socket, command, signal));
}

/** The fields that count, of the typed form (management.txt, 9.2): object, its ids, the field's number and name, types, value. */
const field =
	/^([BS])\.(\d+)\.(\d+)\.\d+\.(pxname|svname|qcur|scur|status|req_tot|stot|qtime|ctime|rtime)\.\d+:\w+:\w+:(.*)$/gm;

/** Of each pool that requests wait for, as templates/hold.lua.eta writes it. */
const heldLine = /^held (\S+) (\d+)$/gm;
/** The answer of a process that lets none wait. */
const unknown = "Unknown command: 'show held'";

export function parseLoad(command: string, reply: string): readonly PoolLoad[] {
	const rows = new Map<string, Map<string, string>>();
	for (const [, kind = "", pool, server, name = "", value = ""] of reply.matchAll(field)) {
		const key = `${kind}.${pool}.${server}`;
		rows.set(key, (rows.get(key) ?? new Map([["kind", kind]])).set(name, value));
	}
	const known = reply.replaceAll(/No such proxy\.|^held .*$/gm, "").trim();
	if (rows.size === 0 && known !== "" && !known.startsWith(unknown)) throw unexpectedReply(command, reply);
	const all = [...rows.values()];
	const held = new Map([...reply.matchAll(heldLine)].map(([, pool = "", count]) => [pool, Number(count)]));
	return all.filter((row) => row.get("kind") === "B").map((row) => loadOf(row, all, held));
}

type Row = ReadonlyMap<string, string>;

/** In templates/partials/pool.cfg.eta, the way by which requests come back to wait: none that answers any. */
const wayBack = "_wait";

function loadOf(backend: Row, all: readonly Row[], held: ReadonlyMap<string, number>): PoolLoad {
	const pool = backend.get("pxname") ?? "";
	const rows = all.filter((row) => row.get("kind") === "S" && row.get("pxname") === pool);
	const [servers, back] = [rows.filter((row) => !isWayBack(row)), rows.find(isWayBack)];
	const waiting = servers.reduce((sum, row) => sum + count(row, "qcur"), 0);
	return {
		pool,
		queued: count(backend, "qcur") + waiting,
		held: held.get(pool),
		requests: count(backend, "req_tot"),
		queueMs: count(backend, "qtime"),
		responseMs: back === undefined || count(back, "stot") === 0 ? responseMs(backend) : meanOf(servers),
		servers: servers.map((row) => ({
			server: row.get("svname") ?? "",
			current: count(row, "scur"),
			open: /^(UP|no check)/.test(row.get("status") ?? ""),
		})),
	};
}

function isWayBack(row: Row): boolean {
	return row.get("svname") === wayBack;
}

function responseMs(row: Row): number {
	return count(row, "ctime") + count(row, "rtime");
}

/** Without what waited on its way back, which the pool's own mean has: a start's seconds are no answer's. */
function meanOf(servers: readonly Row[]): number {
	const weights = servers.map((row) => Math.min(count(row, "stot"), 1024));
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	const sum = servers.reduce((ms, row, index) => ms + responseMs(row) * (weights[index] ?? 0), 0);
	return total === 0 ? 0 : sum / total;
}

function count(row: Row, name: string): number {
	return Number(row.get(name) ?? 0);
}

/** Tells the process why requests that wait for a server of this pool do so in vain; they read it in its answer. */
export async function excuseHeld(
	socket: CommandSocket,
	pool: string,
	why: string,
	signal: AbortSignal,
): Promise<void> {
	await ask(socket, `tell held ${pool} ${encodeURIComponent(why)}`, signal);
}
