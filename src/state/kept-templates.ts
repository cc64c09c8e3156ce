import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../errors.ts";
import type { Problem } from "../model/problem.ts";

/** One template of the operator's own. */
export type OwnTemplate = {
	/** Relative to its directory, with forward slashes. */
	readonly name: string;
	readonly text: string;
};

/** Never throws: what can't be written is given as problems, what can't be read counts as absent. */
export type KeptTemplates = {
	readonly keep: (own: readonly OwnTemplate[]) => Promise<readonly Problem[]>;
	/** The directory of the last copy; undefined when none was ever made. */
	readonly directory: () => Promise<string | undefined>;
};

/**
 * A copy of the operator's templates, made once HAProxy has accepted what they write, so that a proxy which starts with
 * broken ones has others to start with. `dir` holds all of the last copy, or is not there.
 */
export function createKeptTemplates(dir: string): KeptTemplates {
	let last: string | undefined;

	return {
		keep: async (own) => {
			const now = JSON.stringify(own);
			if (now === last) return [];
			try {
				await replace(dir, own);
				last = now;
				return [];
			} catch (thrown) {
				return [notKept(dir, thrown)];
			}
		},
		directory: async () => {
			const found = await stat(dir).catch(() => undefined);
			return found?.isDirectory() === true ? dir : undefined;
		},
	};
}

async function replace(dir: string, own: readonly OwnTemplate[]): Promise<void> {
	const next = `${dir}.next`;
	await rm(next, { recursive: true, force: true });
	await mkdir(next);
	for (const { name, text } of own) await write(join(next, name), text);
	await rm(dir, { recursive: true, force: true });
	await rename(next, dir);
}

async function write(path: string, text: string): Promise<void> {
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, text);
}

function notKept(dir: string, thrown: unknown): Problem {
	return {
		code: "templates-not-kept",
		severity: "problem",
		subject: "templates",
		message: `no copy of the templates could be kept in ${dir}: ${messageOf(thrown)}`,
		hint: "see that the state directory is writable for the controller, and the disk not full; a start with broken templates has no others until then",
	};
}
