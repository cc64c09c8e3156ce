import { refusalsOf } from "../model/clone-refusals.ts";
import type { Problem } from "../model/problem.ts";
import { asOrdered, type ScaleOrder } from "../model/scale-order.ts";
import { notClonedProblem } from "./problems.ts";
import type { Source } from "./source.ts";

/** That there can be no clone, as soon as there may be more than one: load would be the worst moment to learn it. */
export function uncloneable(
	source: Source | undefined,
	ordered: ScaleOrder | undefined,
): Problem | undefined {
	if (source === undefined) return undefined;
	const { min, max } = asOrdered(source.asked.policy, ordered);
	// Docker would remove it as soon as it is put to sleep.
	const neverSleeps = min === 0 && source.template.hostConfig.AutoRemove;
	if (max <= 1 && !neverSleeps) return undefined;
	const refusals = refusalsOf(source.template, { ...source.order, ordinal: 1 });
	return refusals.length === 0 ? undefined : notClonedProblem(source.template.name, refusals);
}
