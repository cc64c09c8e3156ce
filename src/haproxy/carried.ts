import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Beside the generations: what a reload carries over. */
export const carriedName = "carried";

/** Absolute paths of what a process reads when it starts: what the one before it knew of its servers, and counted. */
export type Carried = { readonly servers: string; readonly counters: string };

/** What both hold at any time but during a reload: a process that starts by itself must not believe what is long over. */
const nothing = { servers: "1\n", counters: "" } as const;

/** The replies to `show servers state` and `dump stats-file`. A disk that takes nothing keeps no reload from being made. */
export async function carry(carried: Carried, texts: Carried): Promise<void> {
	try {
		await mkdir(dirname(carried.servers), { recursive: true, mode: 0o750 });
		await writeFile(carried.servers, texts.servers, { mode: 0o640 });
		await writeFile(carried.counters, texts.counters, { mode: 0o640 });
	} catch {
		// Health is checked anew, and counters start over.
	}
}

export async function carryNothing(carried: Carried): Promise<void> {
	await carry(carried, nothing);
}
