import { decide, noMemory } from "../../model/scale.ts";
import type { Law } from "./law.ts";

export const ours: Law = {
	name: "ballast",
	begin: (policy) => {
		let memory = noMemory;
		return (observed) => {
			const { decision, memory: next } = decide(policy, memory, observed);
			memory = next;
			return decision.kind === "down"
				? { by: -decision.by }
				: { by: decision.by, undrain: decision.kind === "un-drain" };
		};
	},
};
