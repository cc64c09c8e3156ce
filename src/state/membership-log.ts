import { type FileHandle, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { LoggedEvent, MembershipEvent, ScaleEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";

/** Who joined and left, one JSON line each, on standard output and in `membership.log`. */
export type MembershipLog = {
	/**
	 * Never throws: gives the problem while the file can't be written, and makes up for the missing lines at the first call
	 * that succeeds.
	 */
	readonly append: (events: readonly (MembershipEvent | ScaleEvent)[]) => Promise<readonly Problem[]>;
	/**
	 * The latest whose line holds the text, oldest first. A line that is damaged is left out. Throws when the file is there
	 * and can't be read.
	 */
	readonly latest: (most: number, holding?: string) => Promise<readonly LoggedEvent[]>;
	/** Tells the latest, then each as it comes, until disposed of: every one once, whatever becomes of the file meanwhile. */
	readonly follow: (most: number, tell: Tell) => Promise<Disposable>;
};

/** Must not throw. */
export type Tell = (events: readonly LoggedEvent[]) => void;

export type MembershipLogOptions = {
	/** The state directory. */
	readonly dir: string;
	/** Standard output, or a test's. */
	readonly out: { readonly write: (text: string) => unknown };
	readonly clock: Pick<Clock, "wall">;
	/** A file that would grow beyond it becomes `membership.log.1`, the only older one. */
	readonly maxBytes?: number;
};

const oneMebibyte = 1024 * 1024;
/** Lines that wait for a disk that can't be written; more than a person would read. */
const maxWaiting = 1_000;

export function createMembershipLog({
	dir,
	out,
	clock,
	maxBytes = oneMebibyte,
}: MembershipLogOptions): MembershipLog {
	const path = join(dir, "membership.log");
	const followers = new Set<Tell>();
	let waiting: readonly string[] = [];
	let turn: Promise<unknown> = Promise.resolve();

	/** One after the other, so that lines keep their order, and a reader gets each once. */
	function inTurn<T>(act: () => Promise<T>): Promise<T> {
		const done = turn.then(act);
		turn = done.catch(() => undefined);
		return done;
	}

	function append(events: readonly (MembershipEvent | ScaleEvent)[]): Promise<readonly Problem[]> {
		const logged = events.map((event) => loggedOf(event, clock.wall()));
		const lines = logged.map(lineOf);
		if (lines.length > 0) out.write(lines.join(""));
		return inTurn(async () => {
			waiting = [...waiting, ...lines].slice(-maxWaiting);
			if (lines.length > 0) for (const tell of followers) tell(logged);
			return await writeWaiting();
		});
	}

	async function writeWaiting(): Promise<readonly Problem[]> {
		const lines = waiting;
		if (lines.length === 0) return [];
		try {
			await appendBounded(path, lines.join(""), maxBytes);
			waiting = waiting.slice(lines.length);
			return [];
		} catch (thrown) {
			return [notWritten(path, thrown)];
		}
	}

	async function latest(most: number, holding = ""): Promise<readonly LoggedEvent[]> {
		const newer = latestIn((await textOf(path)) + waiting.join(""), most, holding);
		if (newer.length >= most) return newer;
		return [...latestIn(await textOf(`${path}.1`), most - newer.length, holding), ...newer];
	}

	return {
		append,
		latest: (most, holding) => inTurn(() => latest(most, holding)),
		follow: (most, tell) =>
			inTurn(async () => {
				tell(await latest(most));
				followers.add(tell);
				return { [Symbol.dispose]: () => followers.delete(tell) };
			}),
	};
}

/** The fields are named one by one: their order is part of the format that people read and search. */
function loggedOf(
	{ role, name, id, address, pool, event, why }: MembershipEvent | ScaleEvent,
	now: number,
): LoggedEvent {
	return { time: new Date(now).toISOString(), role, name, id, address, pool, event, why };
}

function lineOf(event: LoggedEvent): string {
	return `${JSON.stringify(event)}\n`;
}

const text = v.string();
const fields = {
	time: text,
	role: text,
	name: text,
	id: text,
	address: text,
	pool: text,
	event: text,
	why: text,
};
const line = v.pipe(text, v.parseJson(), v.object(fields));

function latestIn(lines: string, most: number, holding: string): readonly LoggedEvent[] {
	const found: LoggedEvent[] = [];
	// To understand a line is dear, and a pass that has something to write waits meanwhile.
	for (const one of lines.split("\n").toReversed()) {
		if (found.length >= most) break;
		if (one.includes(holding)) found.push(...eventsIn(one).toReversed());
	}
	return found.slice(0, most).reverse();
}

/** One event, or none. A line that a crash has cut short has no end: the next one begins in the middle of it. */
function eventsIn(written: string): readonly LoggedEvent[] {
	return written.split(/(?=\{"time":)/).flatMap((one) => {
		const { success, output } = v.safeParse(line, one);
		return success ? output : [];
	});
}

async function textOf(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (thrown) {
		if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return "";
		throw thrown;
	}
}

async function appendBounded(path: string, lines: string, maxBytes: number): Promise<void> {
	if ((await appendIfRoom(path, lines, maxBytes)) === "full") {
		await rename(path, `${path}.1`);
		await appendIfRoom(path, lines, maxBytes);
	}
}

/** An empty file has room for anything, so that even a huge batch is written. */
async function appendIfRoom(path: string, lines: string, maxBytes: number): Promise<"written" | "full"> {
	await using file = await open(path, "a", 0o640);
	const { size } = await file.stat();
	if (size > 0 && size + Buffer.byteLength(lines) > maxBytes) return "full";
	await appendWhole(file, lines, size);
	return "written";
}

/** A disk that fills up in the middle of a line leaves no half of it behind. */
async function appendWhole(file: FileHandle, lines: string, size: number): Promise<void> {
	try {
		await file.appendFile(lines);
	} catch (thrown) {
		await file.truncate(size).catch(() => undefined);
		throw thrown;
	}
}

function notWritten(path: string, thrown: unknown): Problem {
	return {
		code: "membership-log-not-written",
		severity: "problem",
		subject: path,
		message: `The membership log can't be written: ${messageOf(thrown)}`,
		hint: "make room on the volume of the state directory, or make it writable; the lines are on standard output meanwhile",
	};
}
