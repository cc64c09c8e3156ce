import { join } from "node:path";
import * as v from "valibot";
import type { Problem } from "../model/problem.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import { openKeptMap } from "./kept-map.ts";

/** What people have ordered of pools' sizes, by pool; kept in the state directory. */
export type ScaleOrders = {
	readonly all: () => ReadonlyMap<string, ScaleOrder>;
	/** Counts at once; undefined takes it back. Gives what keeps it from outliving the controller. */
	readonly set: (pool: string, order: ScaleOrder | undefined) => Promise<readonly Problem[]>;
	/** Tries again what went wrong, if anything did; gives what still does. Never throws. */
	readonly keep: () => Promise<readonly Problem[]>;
};

const size = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000));
const order = v.union([size, v.literal("paused")]);

/** A file that can't be read is none: orders are few, and a person can give them again. */
export async function openScaleOrders(stateDir: string): Promise<ScaleOrders> {
	const file = join(stateDir, "scale.json");
	const { all, set, keep } = await openKeptMap(file, order);
	const problems = (fault: string | undefined) => (fault === undefined ? [] : [notKept(file, fault)]);
	return {
		all,
		set: async (pool, order) => problems(await set(pool, order)),
		keep: async () => problems(await keep()),
	};
}

function notKept(file: string, fault: string): Problem {
	return {
		code: "scale-not-kept",
		severity: "problem",
		subject: file,
		message: `the size that a person has set can't be written there: ${fault}; it holds until the controller ends`,
		hint: "make room on the volume of the state directory, or make it writable; it is tried again by itself",
	};
}
