import { partOf } from "../model/build.ts";
import type { Inventory } from "../model/container.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import { type Applied, quickSteps } from "../model/plan.ts";
import type { ServerStep } from "../model/step.ts";
import type { InForce } from "./ports.ts";
import type { Process } from "./process.ts";

/** What is done before anything is rendered or checked. What HAProxy refuses of it, the plan has again. */
export type Hasten = {
	/** Who leaves is out, and who joins a pool that is there is in. Gives what took effect. */
	readonly comeAndGo: (
		applied: Omit<Applied, "running">,
		wanted: Fleet,
		signal: AbortSignal,
	) => Promise<readonly ServerStep[]>;
	/** Who was told to stop is out before the engine is asked anything. */
	readonly letLeave: (inForce: InForce, leaving: Inventory["leaving"], signal: AbortSignal) => Promise<void>;
};

export function createHasten(process: Process): Hasten {
	const stepsTo = (applied: Omit<Applied, "running">, wanted: Fleet) =>
		quickSteps({ ...applied, running: process.seen() }, wanted);

	async function comeAndGo(
		applied: Omit<Applied, "running">,
		wanted: Fleet,
		signal: AbortSignal,
	): Promise<readonly ServerStep[]> {
		const steps = stepsTo(applied, wanted);
		const unmet = await process.change(steps, signal);
		return steps.filter((step) => !unmet.some((one) => one.step === step));
	}

	async function letLeave(
		inForce: InForce,
		leaving: Inventory["leaving"],
		signal: AbortSignal,
	): Promise<void> {
		if (inForce === undefined) return;
		const { fleet } = inForce;
		const stay = membersOf(fleet).filter(({ server }) => leaving.get(server.container.id)?.overdue !== false);
		const steps = stepsTo({ inForce, departures: new Map() }, partOf(fleet, stay));
		await process.change(
			steps.filter(({ kind }) => kind === "maint-server"),
			signal,
		);
	}

	return { comeAndGo, letLeave };
}
