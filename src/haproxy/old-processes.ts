import { streamsIn } from "./in-flight.ts";
import { parseProc } from "./master.ts";
import { ask, type CommandSocket, isConnectionLost, isNotRunning } from "./socket.ts";

/** A process that a reload has replaced, and that ends with its last client. */
export type OldProcess = {
	readonly pid: number;
	/** Requests and connections that it still serves, of clients that wait for something or keep a connection. */
	readonly open: number;
	/** In seconds: the oldest of those; undefined where none is open. */
	readonly oldest: number | undefined;
	/** Where they are, `<pool>/<server>`, the most first. */
	readonly servers: readonly { readonly server: string; readonly open: number }[];
};

/** By the master's socket. None when no master answers; one that ends while it is asked is none any more. */
export async function showOldProcesses(
	master: CommandSocket,
	signal: AbortSignal,
): Promise<readonly OldProcess[]> {
	try {
		const all = parseProc(await ask(master, "show proc", signal));
		const old = all.filter(({ role }) => role === "old worker");
		const found: OldProcess[] = [];
		for (const { pid } of old) found.push(...(await processOf(master, pid, signal)));
		return found;
	} catch (thrown) {
		if (isNotRunning(thrown) || isConnectionLost(thrown)) return [];
		throw thrown;
	}
}

async function processOf(
	master: CommandSocket,
	pid: number,
	signal: AbortSignal,
): Promise<readonly OldProcess[]> {
	const reply = await ask(master, `@!${pid} show sess`, signal);
	if (reply.startsWith("Can't find the target PID")) return [];
	const streams = streamsIn(reply).filter(({ pool }) => !pool.startsWith("<"));
	const byServer = Map.groupBy(streams, ({ pool, server }) => `${pool}/${server}`);
	const servers = [...byServer].map(([server, its]) => ({ server, open: its.length }));
	const ages = streams.map(({ seconds }) => seconds);
	return [
		{
			pid,
			open: streams.length,
			oldest: ages.length === 0 ? undefined : Math.max(...ages),
			servers: servers.sort((a, b) => b.open - a.open),
		},
	];
}
