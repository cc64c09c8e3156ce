import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import type { Problem } from "../model/problem.ts";
import { noScaleMemory, type ScaleMemory } from "../model/scale-memory.ts";
import { scaleMemoryFile } from "./scale-memory-schema.ts";

/** What scaling remembers, in the state directory, for the controller alone to read. */
export type ScaleMemoryStore = {
	/** As an earlier controller has left it. */
	readonly kept: ScaleMemory;
	/** Writes it down, where more than the time is new, and nothing is being written. Never throws. */
	readonly keep: (memory: ScaleMemory) => Promise<void>;
	/** What keeps it from outliving the controller. */
	readonly problems: () => readonly Problem[];
};

/**
 * A file that can't be read is none: then things are as if Ballast had been started for the first time. So is one of another
 * join label or prefix.
 */
export async function openScaleMemory(stateDir: string, about: string): Promise<ScaleMemoryStore> {
	const file = join(stateDir, "scale-memory.json");
	const kept = await read(file, about);
	let written = textOf(kept, about, undefined);
	let isWriting = false;
	let fault: Problem | undefined;

	async function keep(memory: ScaleMemory): Promise<void> {
		const text = textOf(memory, about, undefined);
		if (isWriting || text === written) return;
		isWriting = true;
		try {
			await write(file, textOf(memory, about, memory.heardUntil));
			[written, fault] = [text, undefined];
		} catch (thrown) {
			fault = notKept(file, thrown);
		} finally {
			isWriting = false;
		}
	}

	return { kept, keep, problems: () => (fault === undefined ? [] : [fault]) };
}

/** No word of what is wrong with it: that would tell what is in it. */
async function read(file: string, about: string): Promise<ScaleMemory> {
	const text = await readFile(file, "utf8").catch(() => "");
	const { success, output } = v.safeParse(v.pipe(v.string(), v.parseJson(), scaleMemoryFile), text);
	if (!success || output.for !== about) return noScaleMemory;
	const { heardUntil, stopped, ours, pools } = output;
	return { heardUntil, stopped, ours, pools: new Map(Object.entries(pools)) };
}

function textOf(
	{ stopped, ours, pools }: ScaleMemory,
	about: string,
	heardUntil: number | undefined,
): string {
	const contents = { for: about, heardUntil, stopped, ours, pools: Object.fromEntries(pools) };
	return `${JSON.stringify(contents)}\n`;
}

/** What is there of an earlier try may be open to others. */
async function write(file: string, text: string): Promise<void> {
	await rm(`${file}.next`, { force: true });
	await writeFile(`${file}.next`, text, { mode: 0o600, flush: true, flag: "wx" });
	await rename(`${file}.next`, file);
}

function notKept(file: string, thrown: unknown): Problem {
	return {
		code: "scale-memory-not-kept",
		severity: "problem",
		subject: file,
		message: `what clones are made of, and what people have stopped, can't be written there: ${messageOf(thrown)}; it is known until the controller ends`,
		hint: "make room on the volume of the state directory, or make it writable; it is tried again by itself",
	};
}
