import type { Fleet } from "../model/fleet.ts";
import { type Applied, quickSteps } from "../model/plan.ts";
import type { ServerStep } from "../model/step.ts";
import type { Process } from "./process.ts";

/** What is done before anything is rendered or checked. What HAProxy refuses of it, the plan has again. */
export type Hasten = {
	/** Who leaves is out, and who joins a pool that is there is in. Gives what took effect. */
	readonly comeAndGo: Performing;
	/** Only what can't wait even for the engine's answer. */
	readonly letLeave: Performing;
};

type Performing = (
	applied: Omit<Applied, "running">,
	wanted: Fleet,
	signal: AbortSignal,
) => Promise<readonly ServerStep[]>;

export function createHasten(process: Process): Hasten {
	async function perform(steps: readonly ServerStep[], signal: AbortSignal): Promise<readonly ServerStep[]> {
		const unmet = await process.change(steps, signal);
		return steps.filter((step) => !unmet.some((one) => one.step === step));
	}

	const stepsTo = (applied: Omit<Applied, "running">, wanted: Fleet) =>
		quickSteps({ ...applied, running: process.seen() }, wanted);

	return {
		comeAndGo: async (applied, wanted, signal) => await perform(stepsTo(applied, wanted), signal),
		letLeave: async (applied, wanted, signal) => {
			const leaves = stepsTo(applied, wanted).filter(({ kind }) => kind === "maint-server");
			return await perform(leaves, signal);
		},
	};
}
