import { readdir, readFile, readlink, rename, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { AppError } from "../errors.ts";
import type { Generation, Verdict } from "../model/generation.ts";
import { carriedName } from "./carried.ts";
import type { Check } from "./check.ts";
import { lastLifeLink } from "./last-life.ts";
import { parseRecord } from "./parse-fleet.ts";
import { sumsFile, sumsOf } from "./sums.ts";
import { isMissing, pointLink, removeIfAny, writeTree } from "./write-tree.ts";

type Current = Pick<Generation, "id" | "structure" | "fleet">;

/** The generations on disk, of which one is in force. */
export type Generations = {
	/** The generation in force, as it was promoted; undefined before the first one, or when its record can't be read. `afresh`: from the disk. */
	readonly current: (afresh: boolean) => Promise<Current | undefined>;
	/** The same, as HAProxy reads it: every file with its contents, but no record of the fleet. */
	readonly inForce: () => Promise<Pick<Generation, "id" | "files"> | undefined>;
	/** Asks HAProxy's parser, in a directory like the one the generation will have. One that is refused stays as `refused/`. */
	readonly check: (generation: Generation, signal: AbortSignal) => Promise<Verdict>;
	/** Makes it the generation in force, by one rename after fsync. The one before stays as `previous`. */
	readonly promote: (generation: Generation) => Promise<void>;
	/** Back to `previous`, when HAProxy would not load the present one; that one is kept as `refused/`. */
	readonly revert: () => Promise<void>;
};

/*
 * In the root directory:
 *   <id>/                 a generation: what HAProxy reads; `fleet.json`, what it was made of; `sums` of what HAProxy reads
 *   current -> <id>       the one in force, and the only name that HAProxy knows
 *   previous -> <id>      the one before
 *   last-life -> <id>     the one that was in force in an earlier life of the proxy, until Docker has answered in this one
 *   runs.json             in which run of machine and engine that was (src/state/runs.ts)
 *   carried/              what a reload carries over
 *   staging/, refused/    the one that is being checked, the last one that HAProxy refused
 */
const links = { current: "current", previous: "previous" } as const;
const staging = "staging";
const refused = "refused";
const record = "fleet.json";
const runsFile = "runs.json";

/** `root` belongs to the controller, with the set-group-id bit and HAProxy's group. One call at a time. */
export function createGenerations(root: string, check: Check): Generations {
	/** What is in force, as far as it was read or promoted here; nobody else promotes anything. */
	let known: { readonly current: Current | undefined } | undefined;

	async function read(afresh: boolean): Promise<Current | undefined> {
		if (afresh || known?.current === undefined) known = { current: await current(root) };
		return known.current;
	}

	async function promoteOnce(generation: Generation): Promise<void> {
		known = undefined;
		await promote(root, generation);
		const { id, structure, fleet } = generation;
		known = { current: { id, structure, fleet } };
	}

	async function revertOnce(): Promise<void> {
		known = undefined;
		await revert(root);
	}

	return {
		current: async (afresh) =>
			explained(`The generation in force could not be read from ${root}`, () => read(afresh)),
		inForce: async () =>
			explained(`The generation in force could not be read from ${root}`, () => inForce(root)),
		check: async (generation, signal) =>
			explained(notWritten(generation, root), () => checkIn(root, generation, check, signal)),
		promote: async (generation) => explained(notWritten(generation, root), () => promoteOnce(generation)),
		revert: async () => explained(`The generation before could not be brought back in ${root}`, revertOnce),
	};
}

async function current(root: string): Promise<Current | undefined> {
	const id = await targetOf(root, "current");
	if (id === undefined) return undefined;
	const read = parseRecord(await readIfAny(join(root, id, record)));
	return read && { id, ...read };
}

async function inForce(root: string): Promise<Pick<Generation, "id" | "files"> | undefined> {
	const id = await targetOf(root, "current");
	if (id === undefined) return undefined;
	const entries = await readdir(join(root, id), { recursive: true, withFileTypes: true });
	const paths = entries
		.filter((entry) => entry.isFile())
		.map(({ parentPath, name }) => relative(join(root, id), join(parentPath, name)))
		.filter((path) => path !== record && path !== sumsFile);
	const files = paths.map(async (path) => [path, await readFile(join(root, id, path), "utf8")] as const);
	return { id, files: new Map(await Promise.all(files)) };
}

async function checkIn(
	root: string,
	generation: Generation,
	check: Check,
	signal: AbortSignal,
): Promise<Verdict> {
	const dir = join(root, staging);
	await remove(dir);
	try {
		await writeTree(dir, withRecord(generation), "for-now");
		const verdict = await check(dir, signal);
		if (!verdict.accepted) await keepAsRefused(root, staging);
		return verdict;
	} finally {
		await remove(dir);
	}
}

async function promote(root: string, generation: Generation): Promise<void> {
	const before = await targetOf(root, "current");
	try {
		await writeTree(join(root, generation.id), withRecord(generation), "durable");
		if (before !== generation.id) {
			// A `previous` of an earlier life must not stay: its addresses may be anybody's by now.
			if (before === undefined) await removeIfAny(join(root, links.previous));
			else await pointLink(join(root, links.previous), before);
			await pointLink(join(root, links.current), generation.id);
		}
	} finally {
		// What can't be swept now is no reason to call a promotion failed, nor to hide why it did: the next one sweeps again.
		await sweep(root).catch(() => undefined);
	}
}

async function revert(root: string): Promise<void> {
	const [failed, previous] = [await targetOf(root, "current"), await targetOf(root, "previous")];
	if (previous === undefined || previous === failed) {
		throw new AppError(
			"no-previous-generation",
			`There is no generation before ${failed ?? "the first"} in ${root}`,
			{
				hint: "HAProxy goes on with what it has loaded; Ballast writes the next generation when the fleet changes.",
			},
		);
	}
	await pointLink(join(root, links.current), previous);
	await removeIfAny(join(root, links.previous));
	if (failed !== undefined) await keepAsRefused(root, failed);
}

function withRecord({ files, structure, fleet }: Generation): ReadonlyMap<string, string> {
	const made = `${JSON.stringify({ structure, ...fleet }, undefined, "\t")}\n`;
	return new Map([...files, [record, made], [sumsFile, sumsOf(files)]]);
}

/** So that a person can look at the file and line that HAProxy named. */
async function keepAsRefused(root: string, name: string): Promise<void> {
	await remove(join(root, refused));
	await rename(join(root, name), join(root, refused));
}

/** Removes what no link leads to: older generations, and what a crash or a full disk left unfinished. */
async function sweep(root: string): Promise<void> {
	const all = [links.current, links.previous, lastLifeLink];
	const kept = new Set<string | undefined>([...all, runsFile, refused, carriedName]);
	for (const link of all) kept.add(await targetOf(root, link));
	for (const name of await readdir(root)) if (!kept.has(name)) await remove(join(root, name));
}

async function targetOf(root: string, link: string): Promise<string | undefined> {
	try {
		return await readlink(join(root, link));
	} catch (thrown) {
		if (isMissing(thrown)) return undefined;
		throw thrown;
	}
}

async function readIfAny(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (thrown) {
		if (isMissing(thrown)) return "";
		throw thrown;
	}
}

async function remove(path: string): Promise<void> {
	await rm(path, { recursive: true, force: true });
}

function notWritten({ id }: Generation, root: string): string {
	return `Generation ${id} could not be written to ${root}`;
}

/** Tells a failure of the disk in terms of what it kept from happening. */
async function explained<T>(consequence: string, act: () => Promise<T>): Promise<T> {
	try {
		return await act();
	} catch (cause) {
		const reason = reasonOf(cause);
		if (reason === undefined) throw cause;
		throw new AppError("generation-disk", `${consequence}: ${reason.text}`, {
			hint: `${reason.todo} HAProxy serves on with what it has loaded.`,
			cause,
		});
	}
}

type Reason = { readonly text: string; readonly todo: string };

/** Undefined for what isn't a failed system call. */
function reasonOf(thrown: unknown): Reason | undefined {
	if (!(thrown instanceof Error) || !("syscall" in thrown) || !("code" in thrown)) return undefined;
	switch (thrown.code) {
		case "ENOSPC":
		case "EDQUOT":
			return { text: "the disk is full", todo: "Make room on the disk that holds it." };
		case "EROFS":
			return { text: "the file system is read-only", todo: "Mount a writable volume there." };
		case "EACCES":
		case "EPERM":
			return { text: "permission denied", todo: "The directory must belong to the controller's user." };
		case "ENOENT":
			return {
				text: "the directory is missing",
				todo: "Make it, and let it belong to the controller's user.",
			};
		default:
			return { text: thrown.message, todo: "Look at the disk that holds it." };
	}
}
