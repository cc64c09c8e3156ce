import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { MembershipEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";

/** Who joined and left, as JSON lines on standard output and in the state directory. */
export type MembershipLog = {
	/** Never throws: while the file can't be written, `problem` says so, and standard output still has every line. */
	readonly append: (events: readonly MembershipEvent[]) => Promise<void>;
	/** Why the last line is missing from the file; undefined again as soon as a line can be written. */
	readonly problem: () => Problem | undefined;
};

export type MembershipLogOptions = {
	/** The state directory. */
	readonly dir: string;
	/** Standard output, or a test's. */
	readonly out: { readonly write: (text: string) => unknown };
	readonly clock: Pick<Clock, "now">;
	/** When the file would grow beyond it, it becomes the older one, of which there is one. */
	readonly maxBytes?: number;
};

const fileName = "membership.log";
const oneMebibyte = 1024 * 1024;

export function createMembershipLog({
	dir,
	out,
	clock,
	maxBytes = oneMebibyte,
}: MembershipLogOptions): MembershipLog {
	const path = join(dir, fileName);
	let problem: Problem | undefined;
	let writing = Promise.resolve();

	async function write(lines: string): Promise<void> {
		try {
			await appendBounded(path, lines, maxBytes);
			problem = undefined;
		} catch (thrown) {
			problem = notWritten(path, thrown);
		}
	}

	return {
		append: async (events) => {
			if (events.length === 0) return;
			const lines = events.map((event) => lineOf(event, clock.now())).join("");
			out.write(lines);
			writing = writing.then(async () => write(lines));
			await writing;
		},
		problem: () => problem,
	};
}

/** The fields are named one by one: their order is part of the format that people read and grep. */
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

/** An empty file has room for anything, so that one huge batch still is written. */
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
		await file.truncate(size);
		throw thrown;
	}
}

function notWritten(path: string, thrown: unknown): Problem {
	return {
		code: "membership-log-not-written",
		severity: "problem",
		subject: path,
		message: `The membership log can't be written: ${messageOf(thrown)}`,
		hint: "Make room on the volume of the state directory, or make it writable; the lines are on standard output meanwhile.",
	};
}
