import { readFile, rename, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { messageOf } from "../errors.ts";

/** A map that is kept in a file, as JSON. */
export type KeptMap<Value> = {
	readonly all: () => ReadonlyMap<string, Value>;
	/** Counts at once; undefined takes it away. Gives why it can't be written down, if it can't. Never throws. */
	readonly set: (key: string, value: Value | undefined) => Promise<string | undefined>;
	/** Tries again what went wrong, if anything did; gives why it still does. Never throws. */
	readonly keep: () => Promise<string | undefined>;
};

/** A file that can't be read is none. */
export async function openKeptMap<Value>(
	file: string,
	value: v.GenericSchema<unknown, Value>,
): Promise<KeptMap<Value>> {
	const contents = v.pipe(v.string(), v.parseJson(), v.record(v.string(), value));
	const kept = v.safeParse(contents, await readFile(file, "utf8").catch(() => ""));
	let all: ReadonlyMap<string, Value> = new Map(kept.success ? Object.entries(kept.output) : []);
	let fault: string | undefined;
	let turn: Promise<unknown> = Promise.resolve();

	/** One after the other: an older state must not be written last. */
	function inTurn(act: () => Promise<void>): Promise<string | undefined> {
		const done = turn.then(act).then(() => fault);
		turn = done;
		return done;
	}

	async function write(): Promise<void> {
		try {
			const text = `${JSON.stringify(Object.fromEntries([...all].toSorted()), undefined, "\t")}\n`;
			await writeFile(`${file}.next`, text, { mode: 0o640, flush: true });
			await rename(`${file}.next`, file);
			fault = undefined;
		} catch (thrown) {
			fault = messageOf(thrown);
		}
	}

	return {
		all: () => all,
		set: async (key, value) => {
			const others = [...all].filter(([other]) => other !== key);
			all = new Map(value === undefined ? others : [...others, [key, value] as const]);
			return await inTurn(write);
		},
		keep: async () => await inTurn(async () => (fault === undefined ? undefined : await write())),
	};
}
