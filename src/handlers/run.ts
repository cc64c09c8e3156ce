import { dirname } from "node:path";
import { execa } from "execa";
import { onAbort } from "../abort.ts";
import type { Announcement } from "../model/announcement.ts";

/** How one run of a handler ended; `output` is the end of what it printed on both streams. */
export type Run = {
	readonly output: string;
	/** Milliseconds. */
	readonly took: number;
} & (
	| { readonly end: "done" }
	| { readonly end: "exit"; readonly code: number }
	| { readonly end: "signal"; readonly signal: string }
	| { readonly end: "time-limit" }
	/** It could not be started: the system's code, such as `EACCES`. */
	| { readonly end: "not-started"; readonly errno: string }
	/** We end. */
	| { readonly end: "aborted" }
);

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Milliseconds between TERM and KILL. */
const grace = 2_000;
/** Milliseconds in which the rest of the output is read. */
const rest = 200;

/**
 * Runs a handler: JSON on standard input, the essentials and PATH in an environment of nothing else. At the time limit, and
 * when the signal aborts, its whole process group is ended; what it leaves running when it ends by itself is killed.
 */
export async function runHandler(
	path: string,
	{ json, essentials }: Announcement,
	limit: number,
	signal: AbortSignal,
): Promise<Run> {
	const abort = new AbortController();
	using _ends = onAbort(signal, (reason) => abort.abort(reason));
	const running = execa(path, [], {
		cwd: dirname(path),
		env: { PATH: systemPath, ...essentials },
		extendEnv: false,
		input: `${json}\n`,
		all: true,
		buffer: false,
		reject: false,
		timeout: limit,
		cancelSignal: abort.signal,
		killDescendants: true,
		forceKillAfterDelay: grace,
		// What it does at SIGTERM would end this process before its own handler of that signal has.
		cleanup: false,
	});
	const output = endOf(running.all);
	running.nodeChildProcess.once("exit", () => {
		running.kill("SIGKILL");
		// Whoever has left the group may hold its output open for ever.
		setTimeout(() => [running.stdout, running.stderr].map((stream) => stream.destroy()), rest);
	});
	const result = await running;
	return { output: output(), took: Math.round(result.durationMs), ...endingOf(result) };
}

type Result = {
	readonly exitCode?: number | undefined;
	readonly signal?: string | undefined;
	readonly timedOut: boolean;
	readonly isCanceled: boolean;
	readonly code?: string | undefined;
};

function endingOf(result: Result) {
	if (result.exitCode === 0) return { end: "done" } as const;
	if (result.isCanceled) return { end: "aborted" } as const;
	if (result.timedOut) return { end: "time-limit" } as const;
	if (result.signal !== undefined) return { end: "signal", signal: result.signal } as const;
	if (result.exitCode !== undefined) return { end: "exit", code: result.exitCode } as const;
	return { end: "not-started", errno: result.code ?? "unknown" } as const;
}

/** Characters of the output that are kept: its end, where the reason of a failure is. */
const keptOutput = 4_000;

function endOf(stream: NodeJS.ReadableStream): () => string {
	let text = "";
	stream.setEncoding("utf8");
	stream.on("data", (chunk: string) => {
		text = (text + chunk).slice(-keptOutput);
	});
	return () => text.trim();
}
