import type { Clock } from "../clock.ts";
import { ownsClone } from "../model/clone-labels.ts";
import type { Standing } from "../model/standing.ts";
import type { Ends } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";
import type { Marking } from "./source.ts";

/** Removes clones that are of no use to anybody any more. */
export type Sweep = (standings: readonly Standing[], signal: AbortSignal) => Promise<void>;

type Parts = {
	readonly ports: { readonly replicas: Pick<ScalerPorts["replicas"], "remove"> };
	readonly ends: Pick<Ends, "of" | "isOurs" | "wasOurs">;
	readonly clock: Pick<Clock, "wall">;
	readonly marking: Marking;
};

/** Another controller may be about to start it, in milliseconds. */
const startMs = 60_000;

/**
 * A controller that ends in the middle leaves clones behind that were never started, or were stopped and not removed; others
 * ended while nobody followed. Each is tried once, when it is found again: who follows its life comes first. What a person has stopped stays as it is.
 */
export function createSweep({ ports: { replicas }, ends, clock, marking }: Parts): Sweep {
	/** How often each was found. */
	let found: ReadonlyMap<string, number> = new Map();

	function isLeft({ container }: Standing): boolean {
		const { id, state, created } = container;
		if (!ownsClone(container, marking.prefix, marking.owner)) return false;
		if (ends.isOurs(id) && !ends.wasOurs(id)) return false;
		if (state === "created") return clock.wall() - Date.parse(created) > startMs;
		return (state === "exited" || state === "dead") && (ends.wasOurs(id) || ends.of(id) === "failed");
	}

	return async (standings, signal) => {
		const left = standings.filter(isLeft).map(({ container }) => container.id);
		found = new Map(left.map((id) => [id, (found.get(id) ?? 0) + 1]));
		for (const [id, times] of found) if (times === 2) await replicas.remove(id, signal);
	};
}
