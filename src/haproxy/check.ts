import { execa } from "execa";
import { AppError } from "../errors.ts";
import type { Finding, Verdict } from "../model/generation.ts";

/** Asks HAProxy's parser about the `haproxy.cfg` in a directory, as it would be loaded from there. */
export type Check = (dir: string, signal: AbortSignal) => Promise<Verdict>;

const program = "haproxy";
const withinMs = 10_000;
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** `searchPath` is where `haproxy` is looked for, and the only variable it sees: a configuration can name any variable. */
export function createCheck(searchPath = systemPath): Check {
	return async (dir, signal) => {
		signal.throwIfAborted();
		const result = await execa(program, ["-c", "-f", "haproxy.cfg"], {
			cwd: dir,
			env: { PATH: searchPath },
			extendEnv: false,
			all: true,
			reject: false,
			stdin: "ignore",
			timeout: withinMs,
			cancelSignal: signal,
			killSignal: "SIGKILL",
			// What it does at SIGTERM would end this process before its own handler of that signal has.
			cleanup: false,
		});
		signal.throwIfAborted();
		return verdictOf(result);
	};
}

/** What we read of execa's result. */
type Outcome = {
	readonly exitCode?: number | undefined;
	/** The signal that ended it. */
	readonly signal?: string | undefined;
	readonly timedOut: boolean;
	readonly all: string;
	readonly shortMessage?: string | undefined;
	readonly cause?: unknown;
};

/**
 * HAProxy exits with 0 for a configuration that it would run, warnings or not; 1 for one with errors; 2 for one without
 * a listener, which it calls free of errors but would not start either.
 */
function verdictOf(result: Outcome): Verdict {
	if (result.exitCode === 0) return { accepted: true };
	if (result.timedOut) {
		throw new AppError("haproxy-check-silent", `haproxy -c did not finish in ${withinMs / 1000} s`, {
			hint: "The machine may be starved of CPU; the check is tried again by itself.",
		});
	}
	if (result.exitCode === undefined && result.signal === undefined) throw notStarted(result);
	if (result.signal === "SIGKILL" || /out of memory|cannot allocate/i.test(result.all)) throw killed(result);
	const output = result.all.trim();
	return { accepted: false, findings: findingsIn(output), output: output || result.shortMessage || "" };
}

/** It says nothing of the configuration: to leave servers out would help nobody. */
function killed({ signal, all }: Outcome): AppError {
	const how = signal === undefined ? "had no memory" : `was killed (${signal})`;
	return new AppError("haproxy-check-killed", `haproxy -c ${how}: ${all.trim().split("\n").at(-1)}`, {
		hint: "Memory is short, as a rule: raise the limit of the proxy's container. It is tried again by itself.",
	});
}

function notStarted(result: Outcome): AppError {
	return new AppError("haproxy-not-installed", "The program haproxy could not be started", {
		hint: "Install HAProxy 3.0 or newer, or run Ballast in its image, which has it.",
		cause: result.cause,
	});
}

/** `[ALERT]    (123) : config : parsing [haproxy.cfg:42] : unknown keyword …`, with any lines that belong to it. */
const head = /^\[(?<level>NOTICE|WARNING|ALERT)\]\s+\(\d+\) : (?:config : )?/;
const place = /^(?:[Pp]arsing )?\[(?<file>[^\]]+):(?<line>\d+)\] ?: ?/;
const summaries = /^(?:Error\(s\) found in configuration file|Fatal errors found in configuration)/;

/** What kept HAProxy from accepting: its alerts, or where it gave none, its last line. */
export function findingsIn(output: string): readonly Finding[] {
	const alerts = messagesIn(output).filter(({ level, text }) => level === "ALERT" && !summaries.test(text));
	if (alerts.length > 0) return alerts.map(({ text }) => findingOf(text));
	const last = output.split("\n").at(-1) ?? "";
	return last === "" ? [] : [findingOf(last)];
}

type Message = { readonly level: string; readonly text: string };

/** The output cut at each `[LEVEL]`; the lines in between go on with the message before. */
function messagesIn(output: string): readonly Message[] {
	return output.split(/\n(?=\[(?:NOTICE|WARNING|ALERT)\] )/).map((message) => {
		const level = head.exec(message)?.groups?.["level"] ?? "";
		return { level, text: message.replace(head, "").trimEnd() };
	});
}

function findingOf(text: string): Finding {
	const { file = "haproxy.cfg", line = "0" } = place.exec(text)?.groups ?? {};
	return { file, line: Number(line), message: text.replace(place, "").replace(/\s*\n[\s|]*/g, " ") };
}
