import { orAborted } from "../abort.ts";
import type { Running } from "../model/running.ts";
import type { Changed, ServerChange } from "../model/step.ts";
import { type Carried, carry, carryNothing } from "./carried.ts";
import { unexpectedReply } from "./reply.ts";
import { parseInfo } from "./runtime.ts";
import { ask, type CommandSocket, createAhead, isConnectionLost, isNotRunning } from "./socket.ts";
import { askNewest, change, running, type Worker } from "./worker.ts";

/** The HAProxy process, as the loop needs it. */
export type Haproxy = {
	/** The id of the structure that the running process has loaded; undefined when no process answers. */
	readonly loaded: (signal: AbortSignal) => Promise<string | undefined>;
	/** What the newest worker has; undefined when no process answers. */
	readonly running: (signal: AbortSignal) => Promise<Running | undefined>;
	/** Has the newest worker make changes, and reads them back; undefined when no process answers. */
	readonly change: (changes: readonly ServerChange[], signal: AbortSignal) => Promise<Changed | undefined>;
	/** A seamless reload, one at a time, done when the new worker serves. */
	readonly reload: (signal: AbortSignal) => Promise<ReloadResult>;
};

/** How a reload ended. That there is no process to reload is an answer, too. */
type ReloadResult =
	/** `old`: how many workers are still there that only finish their connections. */
	| { readonly kind: "reloaded"; readonly old: number }
	| { readonly kind: "not-running" }
	| { readonly kind: "failed"; readonly log: string };

/** A row of `show proc`. */
export type Process = { readonly pid: number; readonly role: "master" | "worker" | "old worker" | "program" };

/** Paths. The worker's passes from the old one to the new one, and right after a reload either may answer there. */
export type Sockets = { readonly master: string; readonly worker: string };

/** @param carried where a reload leaves what the new worker is to know */
export function createHaproxy(sockets: Sockets, carried: Carried): Haproxy {
	const master: CommandSocket = { kind: "master", path: sockets.master };
	const socket: CommandSocket = { kind: "worker", path: sockets.worker, replyWithinMs: 1_000 };
	const ahead = createAhead(socket);
	let newestKnown: Worker | undefined;
	let earlier: Promise<unknown> = Promise.resolve();
	return {
		loaded: async (signal) => loaded(master, signal),
		running: async (signal) => {
			const found = await running(master, signal);
			newestKnown = found && { pid: found.pid, ask: ahead.ask };
			ahead.renew();
			return found;
		},
		change: async (changes, signal) => change(master, newestKnown, changes, signal),
		reload: async (signal) => {
			newestKnown = undefined;
			ahead.close();
			// The master resets every other connection while it reloads, so that a second reload would look like a failure.
			const mine = orAborted(earlier, signal).then(async () => carryOver(master, carried, signal));
			earlier = Promise.allSettled([earlier, mine]).then(() => undefined);
			return mine;
		},
	};
}

async function loaded(master: CommandSocket, signal: AbortSignal): Promise<string | undefined> {
	const [info] = (await askNewest(master, ["show info"], signal)) ?? [];
	return info === undefined ? undefined : parseInfo(info).description;
}

/** Health, weights and states of servers, and counters: as they are now, for the worker that is about to start. */
async function carryOver(
	master: CommandSocket,
	carried: Carried,
	signal: AbortSignal,
): Promise<ReloadResult> {
	const dumps = askNewest(master, ["show servers state", "dump stats-file"], signal);
	// A reload that carries nothing over is better than none.
	const known = await dumps.catch(() => undefined);
	signal.throwIfAborted();
	try {
		if (known !== undefined) await carry(carried, { servers: known[0] ?? "", counters: known[1] ?? "" });
		return await handOver(master, signal);
	} finally {
		await carryNothing(carried);
	}
}

/**
 * Where a worker sends what its idle clients ask after it was replaced (templates/partials/handover.cfg.eta). By then it
 * takes no commands for its servers any more, so this comes before the reload, and is taken back when that fails. An
 * operator's template may do without.
 */
const successor = "_successor/next";

async function setSuccessor(
	master: CommandSocket,
	state: "maint" | "ready",
	signal: AbortSignal,
): Promise<void> {
	await askNewest(master, [`set server ${successor} state ${state}`], signal);
}

async function handOver(master: CommandSocket, signal: AbortSignal): Promise<ReloadResult> {
	const result = await reload(master, signal);
	if (result.kind === "failed") await setSuccessor(master, "maint", signal);
	return result;
}

async function reload(master: CommandSocket, signal: AbortSignal): Promise<ReloadResult> {
	try {
		const before = newest(await processes(master, signal));
		const reply = parseReload(await askToReload(master, signal));
		const after = await processes(master, signal);
		const old = after.filter(({ role }) => role === "old worker").length;
		// Some builds of 3.2 report the failure of a reload that succeeded (haproxy #3351): a new worker is proof.
		const isNew = reply.success || newest(after) !== before;
		return isNew ? { kind: "reloaded", old } : { kind: "failed", log: reply.log };
	} catch (thrown) {
		if (isNotRunning(thrown)) return { kind: "not-running" };
		throw thrown;
	}
}

/** A reload by somebody else (a person, a signal) breaks ours off; it may have begun before our files were in place, so ask again. */
async function askToReload(master: CommandSocket, signal: AbortSignal): Promise<string> {
	try {
		return await askOnce(master, signal);
	} catch (thrown) {
		if (isConnectionLost(thrown)) return askOnce(master, signal);
		throw thrown;
	}
}

/** Each process begins without a successor, that of somebody else's reload, too. */
async function askOnce(master: CommandSocket, signal: AbortSignal): Promise<string> {
	await setSuccessor(master, "ready", signal);
	return ask(master, "reload", signal);
}

async function processes(master: CommandSocket, signal: AbortSignal): Promise<readonly Process[]> {
	return parseProc(await ask(master, "show proc", signal));
}

function newest(all: readonly Process[]): number | undefined {
	return all.find(({ role }) => role === "worker")?.pid;
}

/** `Success=0|1`, a line of dashes, and what the new process wrote at its start; without its number, another at each try. */
export function parseReload(reply: string): { readonly success: boolean; readonly log: string } {
	const [, success, log] = /^Success=([01])\n(?:--\n)?([\s\S]*)$/.exec(reply) ?? [];
	if (success === undefined || log === undefined) throw unexpectedReply("reload", reply);
	return { success: success === "1", log: log.trim().replace(/^(\[[A-Z]+\] +)\(\d+\) : /gm, "$1") };
}

const rolesBySection = {
	"# workers": "worker",
	"# old workers": "old worker",
	"# programs": "program",
	"# old programs": "program",
} as const satisfies Record<string, Process["role"]>;

/** `show proc`: a row per process under the headings of its sections; the master's row comes before the first of them. */
export function parseProc(reply: string): readonly Process[] {
	const lines = reply.trimEnd().split("\n");
	if (lines[0]?.startsWith("#<PID>") !== true) throw unexpectedReply("show proc", reply);
	const processes: Process[] = [];
	let role: Process["role"] = "master";
	for (const line of lines.slice(1)) {
		if (line.startsWith("#")) role = sectionRole(line);
		else processes.push({ pid: Number.parseInt(line, 10), role });
	}
	return processes;
}

function sectionRole(heading: string): Process["role"] {
	for (const [section, role] of Object.entries(rolesBySection)) if (section === heading.trim()) return role;
	throw unexpectedReply("show proc", heading);
}
