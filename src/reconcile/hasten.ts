import type { Inventory } from "../model/container.ts";
import type { Fleet } from "../model/fleet.ts";
import { type Applied, quickSteps } from "../model/plan.ts";
import { isOurs } from "../model/running.ts";
import type { ServerStep } from "../model/step.ts";
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
	readonly letLeave: (leaving: Inventory["leaving"], signal: AbortSignal) => Promise<void>;
};

export function createHasten(process: Process): Hasten {
	const stepsTo = (applied: Omit<Applied, "running">, wanted: Fleet) =>
		quickSteps({ ...applied, running: process.seen() }, wanted);

	async function comeAndGo(
		applied: Omit<Applied, "running">,
		wanted: Fleet,
		signal: AbortSignal,
	): Promise<readonly ServerStep[]> {
		const first = await perform(stepsTo(applied, wanted), signal);
		// Who was at another address is added where it is now.
		const hasMadeRoom = first.some(({ kind }) => kind === "remove-server");
		return hasMadeRoom ? [...first, ...(await perform(joinsIn(stepsTo(applied, wanted)), signal))] : first;
	}

	async function perform(steps: readonly ServerStep[], signal: AbortSignal): Promise<readonly ServerStep[]> {
		const unmet = new Set((await process.change(steps, signal)).map(({ step }) => step));
		return steps.filter((step) => !unmet.has(step));
	}

	/** And nobody else: who has joined since the last generation was promoted is in none yet. */
	async function letLeave(leaving: Inventory["leaving"], signal: AbortSignal): Promise<void> {
		const told = [...leaving].filter(([, { overdue }]) => !overdue).map(([id]) => id.slice(0, 8));
		const digits = new Set(told);
		const servers = [...(process.seen()?.servers.values() ?? [])];
		const leave = servers.filter(
			(one) => one.state !== "maint" && isOurs(one) && digits.has(one.server.slice(-8)),
		);
		await process.change(
			leave.map(({ pool, server }) => ({ kind: "maint-server", pool, server })),
			signal,
		);
	}

	return { comeAndGo, letLeave };
}

function joinsIn(steps: readonly ServerStep[]): readonly ServerStep[] {
	return steps.filter(({ kind }) => kind === "add-server");
}
