import type { ScalePolicy } from "../../model/scale-policy.ts";
import type { Observation } from "../../model/scale-situation.ts";

/** A rule that says, each second, by how many containers a pool should change. */
export type Law = {
	readonly name: string;
	/** Begins with an empty memory, as after a restart of the controller. */
	readonly begin: (policy: ScalePolicy) => (observed: Observation) => Wish;
};

/** Above 0: more; below: fewer. `undrain`: take back those that are going, rather than make new ones. */
export type Wish = { readonly by: number; readonly undrain?: boolean };

export const nothing: Wish = { by: 0 };

/** The change to a wanted number of containers, within the policy's bounds. */
export function towards(want: number, { ready, starting }: Observation, { min, max }: ScalePolicy): Wish {
	return { by: Math.min(max, Math.max(min, want)) - ready - starting };
}
