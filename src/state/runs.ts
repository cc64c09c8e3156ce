import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import type { Runs } from "../model/boot.ts";
import type { Problem } from "../model/problem.ts";

/** In which run of the machine and of the engine Docker last answered, kept beside the generations. */
export type KeptRuns = {
	/** As written down; undefined where nothing is, or nothing that can be understood. */
	readonly told: () => Promise<Runs | undefined>;
	/** Writes down that it is this one. Never throws. */
	readonly keep: (now: Runs) => Promise<readonly Problem[]>;
};

const runsFile = "runs.json";

/** The kernel's name for this boot, the same in every container. */
const bootId = "/proc/sys/kernel/random/boot_id";

export async function machineRun(): Promise<string | undefined> {
	return await readFile(bootId, "utf8").then(
		(text) => text.trim(),
		() => undefined,
	);
}

const run = v.optional(v.string());
const record = v.pipe(v.string(), v.parseJson(), v.object({ machine: run, engine: run }));

export function createKeptRuns(dir: string): KeptRuns {
	const path = join(dir, runsFile);
	let written: string | undefined;

	return {
		told: async () => {
			const text = await readFile(path, "utf8").catch(() => "");
			const { success, output } = v.safeParse(record, text);
			return success ? { machine: output.machine, engine: output.engine } : undefined;
		},
		keep: async (now) => {
			const text = `${JSON.stringify(now)}\n`;
			if (text === written) return [];
			try {
				await writeFile(`${path}.new`, text);
				await rename(`${path}.new`, path);
				written = text;
				return [];
			} catch (thrown) {
				return [notKept(path, thrown)];
			}
		},
	};
}

function notKept(path: string, thrown: unknown): Problem {
	return {
		code: "runs-not-kept",
		severity: "problem",
		subject: "controller",
		message: `It can't be written down that Docker has answered, in ${path}: ${messageOf(thrown)}`,
		hint: "make room there, or make it writable; else a start without Docker takes the servers for stale",
	};
}
