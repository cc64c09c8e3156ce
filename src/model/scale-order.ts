import type { ScalePolicy } from "./scale-policy.ts";

/** What a person has set for a pool: so many, or as many as there are. */
export type ScaleOrder = number | "paused";

/** A person's word comes before the labels and the load. */
export function asOrdered(policy: ScalePolicy, order: ScaleOrder | undefined): ScalePolicy {
	if (order === undefined) return policy;
	if (order === "paused") return { ...policy, mode: "paused" };
	return { ...policy, min: order, max: order, mode: policy.mode === "advise" ? "advise" : "auto" };
}
