import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError } from "../errors.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";

/** Makes the directory equal to a fleet: a file per server, named after it, holding `<container name> <ip>`. One call at a time. */
export type Nodes = (fleet: Fleet) => Promise<void>;

/** Its dot keeps it out of `ls` and of a shell's `*` while it is written. */
const temporary = ".next";

/** Throws `AppError` when the directory can't be written. Directories in it are left alone: they were not made here. */
export function createNodes(dir: string): Nodes {
	return async (fleet) => {
		try {
			await makeEqual(dir, nodesOf(fleet));
		} catch (cause) {
			throw new AppError("nodes-not-written", `The files in ${dir} could not be made equal to the servers`, {
				hint: "The load balancing itself is not affected. Make room on the disk, or the directory writable.",
				cause,
			});
		}
	};
}

/** Contents by file name. */
function nodesOf(fleet: Fleet): ReadonlyMap<string, string> {
	return new Map(
		membersOf(fleet).map(({ server }) => [server.name, `${server.container.name} ${server.address}\n`]),
	);
}

async function makeEqual(dir: string, nodes: ReadonlyMap<string, string>): Promise<void> {
	const present = (await readdir(dir, { withFileTypes: true })).filter((entry) => !entry.isDirectory());
	for (const { name } of present) if (!nodes.has(name)) await rm(join(dir, name), { force: true });
	for (const [name, contents] of nodes) {
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
