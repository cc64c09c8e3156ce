import { parseProc } from "./master.ts";
import { unexpectedReply } from "./reply.ts";
import { ask, type CommandSocket, isConnectionLost } from "./socket.ts";
import { parseStats } from "./stats.ts";

/** What is going on at one server, in the process in force and in those that a reload has replaced. */
export type InFlight = {
	/** In the process in force. `open`: it gets new clients; `drained`: it does not; `out`: nobody is sent there. */
	readonly state: "open" | "drained" | "out";
	/** Requests and connections in service. */
	readonly open: number;
	/** Waiting for it alone. */
	readonly queued: number;
	/** What has come to it, since each process began. */
	readonly served: number;
	/** The replaced processes that have some of those that are open, and how many. */
	readonly replaced: readonly { readonly pid: number; readonly open: number }[];
	/** Seconds since the oldest of those began that is open; undefined where none is, or nobody asked. */
	readonly oldest: number | undefined;
};

type Place = { readonly pool: string; readonly server: string };

/** `aged`: how old what is open is shall be told, which takes a look at everything that is in flight. */
type Asked = Place & { readonly aged: boolean };

/** By the master's socket. Throws `AppError` when the process in force does not answer. */
export async function showInFlight(
	master: CommandSocket,
	place: Asked,
	signal: AbortSignal,
): Promise<InFlight> {
	const processes = parseProc(await ask(master, "show proc", signal));
	const old = processes.filter(({ role }) => role === "old worker");
	const now = await inProcess(master, "@1", place, signal);
	const replaced: (Share & { readonly pid: number })[] = [];
	for (const { pid } of old) replaced.push({ pid, ...(await inReplaced(master, `@!${pid}`, place, signal)) });
	const all = [now, ...replaced];
	const ages = all.flatMap((share) => share.ages);
	return {
		state: now.state,
		open: sumOf(all.map(({ open }) => open)),
		queued: sumOf(all.map(({ queued }) => queued)),
		served: sumOf(all.map(({ served }) => served)),
		replaced: replaced.filter(({ open }) => open > 0).map(({ pid, open }) => ({ pid, open })),
		oldest: ages.length === 0 ? undefined : Math.max(...ages),
	};
}

/** What one process has of it. */
type Share = {
	readonly state: InFlight["state"];
	readonly open: number;
	readonly queued: number;
	readonly served: number;
	readonly ages: readonly number[];
};

const nothing: Share = { state: "out", open: 0, queued: 0, served: 0, ages: [] };

/** One that has been replaced may end while it is asked. */
async function inReplaced(
	master: CommandSocket,
	process: string,
	place: Asked,
	signal: AbortSignal,
): Promise<Share> {
	try {
		return await inProcess(master, process, place, signal);
	} catch (thrown) {
		if (isConnectionLost(thrown)) return nothing;
		throw thrown;
	}
}

async function inProcess(
	master: CommandSocket,
	process: string,
	place: Asked,
	signal: AbortSignal,
): Promise<Share> {
	const tell = (command: string) => ask(master, `${process} ${command}`, signal);
	const id = idIn(await tell(`show servers state ${place.pool}`), place);
	if (id === undefined) return nothing;
	const reply = await tell(`show stat ${place.pool} 4 ${id} typed`);
	if (isNone(reply)) return nothing;
	const row = parseStats(reply).find(({ server }) => server === place.server);
	if (row === undefined) return nothing;
	const { status, weight, current: open, queued, total: served } = row;
	const ages = place.aged && open > 0 ? agesIn(await tell("show sess"), place) : [];
	return { state: stateOf(status, weight), open, queued, served, ages };
}

/** The server's own number in its pool: statistics of one are a hundredth of those of a hundred. Undefined: not there. */
function idIn(reply: string, { pool, server }: Place): string | undefined {
	if (isNone(reply)) return undefined;
	const command = `show servers state ${pool}`;
	if (!reply.startsWith("1\n# be_id be_name srv_id srv_name ")) throw unexpectedReply(command, reply);
	const rows = reply.split("\n").map((row) => row.split(" "));
	return rows.find(([, be, , name]) => be === pool && name === server)?.[2];
}

/** A pool or server that is gone, or is not there yet; a process that has ended. */
function isNone(reply: string): boolean {
	return /^(No such|Can't find)/.test(reply.trim());
}

/** Of the words that HAProxy has for a server, these two lead to requests, unless its weight is 0. */
function stateOf(status: string, weight: number): InFlight["state"] {
	if (status.startsWith("MAINT")) return "out";
	return weight > 0 && /^(UP|no check)/.test(status) ? "open" : "drained";
}

/** A request, or a connection that was upgraded. */
export type Stream = Place & { readonly seconds: number };

/** `show sess` has a line for each: `… be=nodes srv=web-1 … age=1m4s …`, with `<NONE>` where there is none. */
export function streamsIn(reply: string): readonly Stream[] {
	return [...reply.matchAll(/ be=(\S+) srv=(\S+) .*? age=(\w+)/g)].map(
		([, pool = "", server = "", age = ""]) => {
			return { pool, server, seconds: secondsOf(age) };
		},
	);
}

function agesIn(reply: string, place: Place): readonly number[] {
	const its = streamsIn(reply).filter(({ pool, server }) => pool === place.pool && server === place.server);
	return its.map(({ seconds }) => seconds);
}

/** HAProxy's two largest units, as `1d3h` or `5m`. */
function secondsOf(age: string): number {
	const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
	return sumOf(
		[...age.matchAll(/(\d+)([smhd])/g)].map(([, count, unit = ""]) => Number(count) * (units[unit] ?? 0)),
	);
}

function sumOf(numbers: readonly number[]): number {
	return numbers.reduce((all, one) => all + one, 0);
}
