import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { MembershipEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";

/**
 * Appends who joined and left, one JSON line each, to standard output and to `membership.log`. Never throws: gives the
 * problem while the file can't be written, and makes up for the missing lines at the first call that succeeds.
 */
export type MembershipLog = (events: readonly MembershipEvent[]) => Promise<readonly Problem[]>;

export type MembershipLogOptions = {
	/** The state directory. */
	readonly dir: string;
	/** Standard output, or a test's. */
	readonly out: { readonly write: (text: string) => unknown };
	readonly clock: Pick<Clock, "now">;
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
	let waiting: readonly string[] = [];
	let turn: Promise<readonly Problem[]> = Promise.resolve([]);

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

	return (events) => {
		const lines = events.map((event) => lineOf(event, clock.now()));
		if (lines.length > 0) out.write(lines.join(""));
		turn = turn.then(async () => {
			waiting = [...waiting, ...lines].slice(-maxWaiting);
			return writeWaiting();
		});
		return turn;
	};
}

/** The fields are named one by one: their order is part of the format that people read and search. */
function lineOf({ role, name, id, address, pool, event, why }: MembershipEvent, now: number): string {
	const time = new Date(now).toISOString();
	return `${JSON.stringify({ time, role, name, id, address, pool, event, why })}\n`;
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
