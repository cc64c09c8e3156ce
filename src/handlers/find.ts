import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, parse } from "node:path";
import { messageOf } from "../errors.ts";
import { eventNames } from "../model/happening.ts";
import type { Problem } from "../model/problem.ts";

/** What is asked of the file system that holds the handlers. */
export type Disk = {
	readonly readdir: (path: string) => Promise<readonly string[]>;
	readonly stat: (path: string) => Promise<Pick<Stats, "isFile" | "ctimeMs">>;
};

export const ownDisk: Disk = { readdir, stat };

/** The handlers of one event, as absolute paths, and what kept others from being found. */
export type Found = { readonly paths: readonly string[]; readonly problems: readonly Problem[] };

/**
 * Looks afresh, so that handlers may come and go at any time. A file directly in the directory runs on every event, or, if
 * it is named after one of ours, on that one alone; a file in a directory named after an event runs on that event. Links to
 * files count as files; what is hidden or an editor's copy does not count. One thing after the other: each takes one of
 * Node's few threads, for as long as a mount hangs.
 */
export async function findHandlers(directory: string, event: string, disk = ownDisk): Promise<Found> {
	const all = await filesIn(directory, disk);
	const own = await filesIn(join(directory, event), disk);
	const paths = [...all.paths.filter((path) => runsOn(event, path)), ...own.paths];
	return { paths, problems: [...all.problems, ...own.problems] };
}

function runsOn(event: string, path: string): boolean {
	const { name } = parse(path);
	return name === event || !eventNames.some((known) => known === name);
}

async function filesIn(directory: string, disk: Disk): Promise<Found> {
	try {
		const names = (await disk.readdir(directory)).filter(
			(name) => !name.startsWith(".") && !name.endsWith("~"),
		);
		const paths = names.toSorted().map((name) => join(directory, name));
		const files: string[] = [];
		for (const path of paths) if (await isFile(path, disk)) files.push(path);
		return { paths: files, problems: [] };
	} catch (thrown) {
		if (isAbsent(thrown)) return { paths: [], problems: [] };
		const hint = `let user ${process.getuid?.()} read it: chmod o+rx on the directory that is mounted there`;
		return { paths: [], problems: [unreadable(directory, `can't be read: ${messageOf(thrown)}`, hint)] };
	}
}

async function isFile(path: string, disk: Disk): Promise<boolean> {
	const found = await disk.stat(path).catch(() => undefined);
	return found?.isFile() ?? false;
}

/** ENOTDIR: a handler that is named after an event, without an extension. */
function isAbsent(thrown: unknown): boolean {
	return (
		thrown instanceof Error && "code" in thrown && (thrown.code === "ENOENT" || thrown.code === "ENOTDIR")
	);
}

/** @param what is the case with it */
export function unreadable(directory: string, what: string, hint: string): Problem {
	return {
		code: "handlers-unreadable",
		severity: "problem",
		subject: directory,
		message: `the directory of event handlers ${what}`,
		hint,
	};
}
