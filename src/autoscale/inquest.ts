import { constants } from "node:os";
import type { Container } from "../model/container.ts";
import type { ScaleMemory } from "../model/scale-memory.ts";
import type { Ends } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";

type Parts = {
	readonly ends: Pick<Ends, "isDue" | "isUnheard" | "note" | "settle">;
	readonly ports: Pick<ScalerPorts, "draft"> & {
		readonly replicas: Pick<ScalerPorts["replicas"], "inspect">;
	};
};

/**
 * Asks after containers that were there and are not any more, where no event has told why: Docker's memory of them is short,
 * and a busy engine forgets within seconds. One that has ended as if it was told to, or is gone, was a person's wish. Never
 * throws: what can't be read is no wish.
 */
export async function inquire(
	pools: ScaleMemory["pools"],
	{ ends, ports: { draft, replicas } }: Parts,
	signal: AbortSignal,
): Promise<void> {
	const standings = draft()?.standings;
	if (standings === undefined || !ends.isDue()) return;
	const up = new Set(
		standings
			.map(({ container }) => container)
			.filter(isUp)
			.map(({ id }) => id),
	);
	const members = [...pools.values()].flatMap((pool) => pool.members.map(({ id }) => id));
	for (const id of members.filter((one) => !up.has(one) && ends.isUnheard(one))) {
		const isWish = await replicas.inspect(id, signal).then(isAsTold, () => false);
		if (isWish) ends.note({ containerId: id, action: "stop" });
	}
	ends.settle();
}

function isUp({ state }: Container): boolean {
	return state === "running" || state === "paused" || state === "restarting";
}

/** An app that handles its stop signal ends with 0, and one that does not with 128 and the signal. */
function isAsTold(container: Container | undefined): boolean {
	if (container === undefined) return true;
	const { state, exitCode, stopSignal } = container;
	const signals: Readonly<Record<string, number>> = constants.signals;
	const byIt = 128 + (signals[stopSignal] ?? constants.signals.SIGTERM);
	return state === "exited" && (exitCode === 0 || exitCode === byIt);
}
