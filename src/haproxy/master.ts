import { orAborted } from "../abort.ts";
import { unexpectedReply } from "./reply.ts";
import { parseInfo, parseServersState } from "./runtime.ts";
import { ask, type CommandSocket, isConnectionLost, isNotRunning } from "./socket.ts";

/** The HAProxy process, as the loop needs it. */
export type Haproxy = {
	/** The id of the generation that the running process has loaded; undefined when no process answers. */
	readonly loaded: (signal: AbortSignal) => Promise<string | undefined>;
	/** Takes a server out of the newest worker; HAProxy's complaint when that refuses, undefined when done or none runs. */
	readonly maintain: (pool: string, server: string, signal: AbortSignal) => Promise<string | undefined>;
	/** Takes that back; HAProxy's complaint when that refuses, or that no process answered. */
	readonly ready: (pool: string, server: string, signal: AbortSignal) => Promise<string | undefined>;
	/** The servers, `<pool>/<server>`, that are taken out of the newest worker; undefined when no process answers. */
	readonly takenOut: (signal: AbortSignal) => Promise<readonly string[] | undefined>;
	/** A seamless reload, one at a time, done when the new worker serves. */
	readonly reload: (signal: AbortSignal) => Promise<ReloadResult>;
};

/** How a reload ended. That there is no process to reload is an answer, too. */
type ReloadResult =
	| { readonly kind: "reloaded" }
	| { readonly kind: "not-running" }
	| { readonly kind: "failed"; readonly log: string };

/** A row of `show proc`. */
export type Process = { readonly pid: number; readonly role: "master" | "worker" | "old worker" | "program" };

export function createHaproxy(masterSocket: string): Haproxy {
	const master: CommandSocket = { kind: "master", path: masterSocket };
	let earlier: Promise<unknown> = Promise.resolve();
	return {
		loaded: async (signal) => loaded(master, signal),
		maintain: async (pool, server, signal) =>
			(await setState(master, `${pool}/${server}`, "maint", signal)) || undefined,
		ready: async (pool, server, signal) => {
			const complaint = await setState(master, `${pool}/${server}`, "ready", signal);
			return complaint === undefined ? "no process answers" : complaint || undefined;
		},
		takenOut: async (signal) => takenOut(master, signal),
		reload: async (signal) => {
			// The master resets every other connection while it reloads, so that a second reload would look like a failure.
			const mine = orAborted(earlier, signal).then(async () => handOver(master, signal));
			earlier = Promise.allSettled([earlier, mine]);
			return mine;
		},
	};
}

async function loaded(master: CommandSocket, signal: AbortSignal): Promise<string | undefined> {
	const reply = await askNewest(master, "show info", signal);
	return reply === undefined ? undefined : parseInfo(reply).description;
}

async function takenOut(master: CommandSocket, signal: AbortSignal): Promise<readonly string[] | undefined> {
	const command = "show servers state";
	const reply = await askNewest(master, command, signal);
	if (reply === undefined) return undefined;
	const servers = parseServersState(command, reply).filter((server) => server.takenOut);
	return servers.map(({ pool, server }) => `${pool}/${server}`);
}

/** `set server`, management.txt 9.3: silence is consent. Undefined when no process answers. */
async function setState(
	master: CommandSocket,
	name: string,
	state: "maint" | "ready",
	signal: AbortSignal,
): Promise<string | undefined> {
	return (await askNewest(master, `set server ${name} state ${state}`, signal))?.trim();
}

/**
 * Asks the newest worker (`@1`) by way of the master: the worker's own socket passes from the old worker to the new one,
 * and right after a reload either may answer there. Undefined when no process answers.
 */
async function askNewest(
	master: CommandSocket,
	command: string,
	signal: AbortSignal,
): Promise<string | undefined> {
	try {
		const reply = await ask(master, `@1 ${command}`, signal);
		return reply.startsWith("Can't find the target PID") ? undefined : reply;
	} catch (thrown) {
		if (isNotRunning(thrown) || isConnectionLost(thrown)) return undefined;
		throw thrown;
	}
}

/**
 * Where a worker sends what its idle clients ask after it was replaced (templates/partials/handover.cfg.eta). By then it
 * takes no commands for its servers any more, so this comes before the reload, and is taken back when that fails. An
 * operator's template may do without.
 */
const successor = "_successor/next";

async function handOver(master: CommandSocket, signal: AbortSignal): Promise<ReloadResult> {
	const result = await reload(master, signal);
	if (result.kind === "failed") await setState(master, successor, "maint", signal);
	return result;
}

async function reload(master: CommandSocket, signal: AbortSignal): Promise<ReloadResult> {
	try {
		const before = await newestWorker(master, signal);
		const reply = parseReload(await askToReload(master, signal));
		if (reply.success) return { kind: "reloaded" };
		// Some builds of 3.2 report the failure of a reload that succeeded (haproxy #3351): a new worker is proof.
		const after = await newestWorker(master, signal);
		return after === before ? { kind: "failed", log: reply.log } : { kind: "reloaded" };
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
	await setState(master, successor, "ready", signal);
	return ask(master, "reload", signal);
}

async function newestWorker(master: CommandSocket, signal: AbortSignal): Promise<number | undefined> {
	const processes = parseProc(await ask(master, "show proc", signal));
	return processes.find(({ role }) => role === "worker")?.pid;
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
