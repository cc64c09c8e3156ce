import { open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import type { Hold } from "../model/fleet.ts";
import type { Problem } from "../model/problem.ts";

/** What people have set, by container id; kept in the state directory, so that it ends with the container alone. */
export type Holds = {
	readonly all: () => ReadonlyMap<string, Hold>;
	/** Counts at once; undefined takes it back. Gives what keeps it from outliving the controller. */
	readonly set: (id: string, hold: Hold | undefined) => Promise<readonly Problem[]>;
	/** Forgets those that are gone for certain. Rejects as `isGone` does; those that it was asked about before are forgotten. */
	readonly prune: (isGone: (id: string) => Promise<boolean>) => Promise<void>;
	/** Tries again what went wrong, if anything did. Never throws. */
	readonly keep: () => Promise<readonly Problem[]>;
};

/** What is there and can't be used stays as it is, and what is set meanwhile is in memory alone. */
export async function openHolds(stateDir: string): Promise<Holds> {
	const file = join(stateDir, "holds.json");
	let { holds, fault } = await look(file);
	let written = textOf(holds);
	/** Taken back since the start, which a file that is read late does not know. */
	const ready = new Set<string>();
	let turn: Promise<unknown> = Promise.resolve();

	/** One after the other: an older state must not be written last. */
	function keep(): Promise<readonly Problem[]> {
		const kept = turn.then(keepNow);
		turn = kept;
		return kept;
	}

	async function keepNow(): Promise<readonly Problem[]> {
		if (fault !== undefined) await lookAgain();
		if (fault !== undefined) return [unusable(file, fault)];
		const text = textOf(holds);
		if (text === written) return [];
		try {
			await write(stateDir, file, text);
			written = text;
			return [];
		} catch (thrown) {
			return [notKept(file, thrown)];
		}
	}

	/** What was set since is newer. */
	async function lookAgain(): Promise<void> {
		const found = await look(file);
		fault = found.fault;
		if (fault !== undefined) return;
		written = textOf(found.holds);
		const still = [...found.holds].filter(([id]) => !ready.has(id));
		holds = new Map([...still, ...holds]);
	}

	return {
		all: () => holds,
		set: (id, hold) => {
			if (hold === undefined) ready.add(id);
			else ready.delete(id);
			const others = [...holds].filter(([other]) => other !== id);
			holds = new Map(hold === undefined ? others : [...others, [id, hold] as const]);
			return keep();
		},
		prune: async (isGone) => {
			for (const id of holds.keys()) {
				if (await isGone(id)) holds = new Map([...holds].filter(([other]) => other !== id));
			}
			await keep();
		},
		keep,
	};
}

type Looked = { readonly holds: ReadonlyMap<string, Hold>; readonly fault: string | undefined };

const contents = v.record(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), v.picklist(["drain", "maint"]));

async function look(file: string): Promise<Looked> {
	try {
		const holds = Object.entries(v.parse(contents, JSON.parse(await readFile(file, "utf8"))));
		return { holds: new Map(holds), fault: undefined };
	} catch (thrown) {
		const isAbsent = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
		return { holds: new Map(), fault: isAbsent ? undefined : messageOf(thrown) };
	}
}

function textOf(holds: ReadonlyMap<string, Hold>): string {
	return `${JSON.stringify(Object.fromEntries([...holds].toSorted()), undefined, "\t")}\n`;
}

/** Never half of it, and on the disk when this is done: the machine may lose its power next. */
async function write(dir: string, file: string, text: string): Promise<void> {
	await writeFile(`${file}.next`, text, { mode: 0o640, flush: true });
	await rename(`${file}.next`, file);
	await using directory = await open(dir);
	await directory.sync();
}

function notKept(file: string, thrown: unknown): Problem {
	return {
		code: "holds-not-kept",
		severity: "problem",
		subject: file,
		message: `what people have set can't be written there: ${messageOf(thrown)}; it holds until the controller ends`,
		hint: "make room on the volume of the state directory, or make it writable; it is tried again by itself",
	};
}

function unusable(file: string, fault: string): Problem {
	return {
		code: "holds-not-kept",
		severity: "problem",
		subject: file,
		message: `what people have set before can't be read there: ${fault}; what is set now holds until the controller ends`,
		hint: 'mend the file, JSON such as {"<container id>": "drain"}, or remove it; it is read again by itself',
	};
}
