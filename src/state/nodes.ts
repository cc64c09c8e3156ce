import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import type { Problem } from "../model/problem.ts";

/**
 * Makes the directory equal to a fleet: a file per server, named after it, holding `<container name> <ip>`. Never throws:
 * gives the problem when the directory can't be written. Directories in it are left alone: they were not made here. A file
 * that was found right, or written, is read no more, as nobody else writes there: with a thousand of them that would take
 * longer than all else. One call at a time.
 */
export type Nodes = (fleet: Fleet) => Promise<readonly Problem[]>;

/** Its dot keeps it out of `ls` and of a shell's `*` while it is written. */
const temporary = ".next";

export function createNodes(dir: string): Nodes {
	/** Contents by file name, of those that are right as far as is known. */
	let right: Contents = new Map();

	return async (fleet) => {
		const nodes = nodesOf(fleet);
		const before = right;
		right = new Map();
		try {
			await makeEqual(dir, nodes, before);
			right = nodes;
			return [];
		} catch (thrown) {
			return [notWritten(dir, thrown)];
		}
	};
}

type Contents = ReadonlyMap<string, string>;

function nodesOf(fleet: Fleet): Contents {
	return new Map(
		membersOf(fleet).map(({ server }) => [server.name, `${server.container.name} ${server.address}\n`]),
	);
}

async function makeEqual(dir: string, nodes: Contents, right: Contents): Promise<void> {
	const present = (await readdir(dir, { withFileTypes: true })).filter((entry) => !entry.isDirectory());
	for (const { name } of present) if (!nodes.has(name)) await rm(join(dir, name), { force: true });
	const there = new Set(present.map(({ name }) => name));
	for (const [name, contents] of nodes) {
		if (there.has(name) && right.get(name) === contents) continue;
		if ((await contentsOf(join(dir, name))) !== contents) await replace(dir, name, contents);
	}
}

/** By rename, so that a reader never sees half of it. */
async function replace(dir: string, name: string, contents: string): Promise<void> {
	await writeFile(join(dir, temporary), contents, { mode: 0o644 });
	await rename(join(dir, temporary), join(dir, name));
}

async function contentsOf(path: string): Promise<string | undefined> {
	return readFile(path, "utf8").catch(() => undefined);
}

function notWritten(dir: string, thrown: unknown): Problem {
	return {
		code: "nodes-not-written",
		severity: "problem",
		subject: dir,
		message: `The files of the servers can't be written: ${messageOf(thrown)}`,
		hint: "make room there, or make it writable; the load balancing itself is not affected",
	};
}
