import { readFile, rename, writeFile } from "node:fs/promises";
import * as v from "valibot";
import { messageOf } from "../errors.ts";

/** A map that is kept in a file, as JSON. */
export type KeptMap<Value> = {
	readonly all: () => ReadonlyMap<string, Value>;
	/** Counts at once; undefined takes it away. Gives why it can't be written down, if it can't. Never throws. */
	readonly set: (key: string, value: Value | undefined) => Promise<string | undefined>;
};

/** A file that can't be read is none. */
export async function openKeptMap<Value>(
	file: string,
	value: v.GenericSchema<unknown, Value>,
): Promise<KeptMap<Value>> {
	const contents = v.pipe(v.string(), v.parseJson(), v.record(v.string(), value));
	const kept = v.safeParse(contents, await readFile(file, "utf8").catch(() => ""));
	let all: ReadonlyMap<string, Value> = new Map(kept.success ? Object.entries(kept.output) : []);
	let turn: Promise<unknown> = Promise.resolve();

	async function keep(): Promise<string | undefined> {
		try {
			const text = `${JSON.stringify(Object.fromEntries([...all].toSorted()), undefined, "\t")}\n`;
			await writeFile(`${file}.next`, text, { mode: 0o640, flush: true });
			await rename(`${file}.next`, file);
			return undefined;
		} catch (thrown) {
			return messageOf(thrown);
		}
	}

	return {
		all: () => all,
		set: async (key, value) => {
			const others = [...all].filter(([other]) => other !== key);
			all = new Map(value === undefined ? others : [...others, [key, value] as const]);
			// One after the other: an older state must not be written last.
			const kept = turn.then(keep);
			turn = kept;
			return await kept;
		},
	};
}
