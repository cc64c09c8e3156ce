import { mkdir, open, rename, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Contents by path relative to the directory they are written into. */
export type Files = ReadonlyMap<string, string>;

/** Owner and group: HAProxy reads by the group that it shares with the directory. */
const fileMode = 0o640;
// Never by chmod: that would clear the set-group-id bit, which a new directory takes over from its parent.
const directoryMode = 0o750;

/** `durable`: not even a crash right after it was written loses any of it. That costs some 15 ms of waiting for the disk. */
export type Lasting = "durable" | "for-now";

/**
 * Writes the files into a directory, made if need be in one that exists. Each file is replaced as a whole, so that even a directory which is
 * being read can be written again.
 */
export async function writeTree(dir: string, files: Files, lasting: Lasting): Promise<void> {
	const directories = directoriesOf(dir, files);
	for (const directory of directories) await makeDirectory(directory);
	for (const [path, contents] of files) await writeWhole(join(dir, path), contents, lasting);
	if (lasting === "for-now") return;
	for (const directory of directories) await syncDirectory(directory);
	await syncDirectory(dirname(dir));
}

/** The directory and all below it, parents first. */
function directoriesOf(dir: string, files: Files): ReadonlySet<string> {
	const parents = [...files.keys()].flatMap((path) => {
		const names = dirname(path).split("/");
		return names.map((_, depth) => join(dir, ...names.slice(0, depth + 1)));
	});
	return new Set([dir, ...parents]);
}

/** Points the link at a name beside it, in one step: whoever follows it finds the old target or the new one. */
export async function pointLink(link: string, target: string): Promise<void> {
	const temporary = `${link}.new`;
	await removeIfAny(temporary);
	await symlink(target, temporary);
	await rename(temporary, link);
	await syncDirectory(dirname(link));
}

/** Removes a file or link; that there is none is fine. */
export async function removeIfAny(path: string): Promise<void> {
	try {
		await unlink(path);
	} catch (thrown) {
		if (!isMissing(thrown)) throw thrown;
	}
}

export function isMissing(thrown: unknown): boolean {
	return hasCode(thrown, "ENOENT");
}

function hasCode(thrown: unknown, code: string): boolean {
	return thrown instanceof Error && "code" in thrown && thrown.code === code;
}

/** Not by `recursive`, which calls a read-only file system ENOENT (Node 24.9). */
async function makeDirectory(path: string): Promise<void> {
	try {
		await mkdir(path, { mode: directoryMode });
	} catch (thrown) {
		if (!hasCode(thrown, "EEXIST")) throw thrown;
	}
}

async function writeWhole(path: string, contents: string, lasting: Lasting): Promise<void> {
	const temporary = `${path}.new`;
	{
		await using file = await open(temporary, "w", fileMode);
		await file.chmod(fileMode);
		await file.writeFile(contents);
		if (lasting === "durable") await file.sync();
	}
	await rename(temporary, path);
}

/** Without it, the names in a directory may be lost by a crash although the files' contents are on disk. */
async function syncDirectory(path: string): Promise<void> {
	await using directory = await open(path, "r");
	await directory.sync();
}
