import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../errors.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaleOrder } from "../model/scale-order.ts";

/** What people have ordered of pools' sizes, by pool; kept in the state directory. */
export type ScaleOrders = {
	readonly all: () => ReadonlyMap<string, ScaleOrder>;
	/** Counts at once; undefined takes it back. Gives what keeps it from outliving the controller. */
	readonly set: (pool: string, order: ScaleOrder | undefined) => Promise<readonly Problem[]>;
};

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000));
const contents = v.record(v.string(), v.union([size, v.literal("paused")]));

/** A file that can't be read is none: orders are few, and a person can give them again. */
export async function openScaleOrders(stateDir: string): Promise<ScaleOrders> {
	const file = join(stateDir, "scale.json");
	const kept = v.safeParse(
		v.pipe(v.string(), v.parseJson(), contents),
		await readFile(file, "utf8").catch(() => ""),
	);
	let orders: ReadonlyMap<string, ScaleOrder> = new Map(kept.success ? Object.entries(kept.output) : []);
	let turn: Promise<unknown> = Promise.resolve();

	async function keep(): Promise<readonly Problem[]> {
		try {
			const text = `${JSON.stringify(Object.fromEntries([...orders].toSorted()), undefined, "\t")}\n`;
			await writeFile(`${file}.next`, text, { mode: 0o640, flush: true });
			await rename(`${file}.next`, file);
			return [];
		} catch (thrown) {
			return [notKept(file, thrown)];
		}
	}

	return {
		all: () => orders,
		set: async (pool, order) => {
			const others = [...orders].filter(([other]) => other !== pool);
			orders = new Map(order === undefined ? others : [...others, [pool, order] as const]);
			// One after the other: an older state must not be written last.
			const kept = turn.then(keep);
			turn = kept;
			return await kept;
		},
	};
}

function notKept(file: string, thrown: unknown): Problem {
	return {
		code: "scale-not-kept",
		severity: "problem",
		subject: file,
		message: `the size that a person has set can't be written there: ${messageOf(thrown)}; it holds until the controller ends`,
		hint: "make room on the volume of the state directory, or make it writable, and set it again",
	};
}
