import type { Clock } from "../clock.ts";
import { ownerMark, ownsClone } from "../model/clone-labels.ts";
import type { Standing } from "../model/standing.ts";
import type { Ends } from "./ends.ts";
import type { Leftover, ScalerPorts } from "./ports.ts";
import type { Marking } from "./source.ts";

/** Removes clones that are of no use to anybody any more. Throws as the engine does. */
export type Sweep = (standings: readonly Standing[], signal: AbortSignal) => Promise<void>;

type Parts = {
	readonly ports: { readonly replicas: Pick<ScalerPorts["replicas"], "remove" | "leftovers"> };
	readonly ends: Pick<Ends, "of" | "isOurs" | "wasOurs" | "rounds">;
	readonly clock: Pick<Clock, "wall">;
	readonly marking: Marking;
	/** Nothing is known of what was before: those that have ended by now may have been stopped by a person. */
	readonly isFirst: boolean;
};

type Judgement = "stays" | "goes" | "not yet";

/** Another controller may be about to start it, in milliseconds. */
const startMs = 60_000;

/**
 * A controller that ends in the middle leaves clones behind that were never started, or were stopped and not removed; others
 * ended while nobody followed. Each is tried once, when it is found again: who follows its life comes first. What a person has stopped stays as it is.
 */
export function createSweep({ ports: { replicas }, ends, clock, marking, isFirst }: Parts): Sweep {
	const { prefix, owner } = marking;
	/** How often each was found. */
	let found: ReadonlyMap<string, number> = new Map();
	let isAsking = true;
	let round = ends.rounds();
	/** Undefined until it was asked who that is. */
	let spared = isFirst ? undefined : new Set<string>();

	function judge(one: Leftover): Judgement {
		const isBeingTaken = ends.isOurs(one.id) && !ends.wasOurs(one.id);
		return isBeingTaken || !ownsClone(one, prefix, owner) ? "stays" : fateOf(one);
	}

	function fateOf({ id, state, created }: Leftover): Judgement {
		if (state === "created") return clock.wall() - Date.parse(created) > startMs ? "goes" : "not yet";
		if ((state !== "exited" && state !== "dead") || spared?.has(id)) return "stays";
		return ends.wasOurs(id) ? "goes" : fates[ends.of(id)];
	}

	/** Until all that are told of are judged, and have been tried. */
	function isOpen(one: Leftover): boolean {
		const judgement = judge(one);
		return judgement === "not yet" || (judgement === "goes" && (found.get(one.id) ?? 0) < 2);
	}

	return async (standings, signal) => {
		// Something may have been missed, and those that do not run are in no pass.
		if (ends.rounds() !== round) isAsking = true;
		round = ends.rounds();
		const asked = isAsking ? await replicas.leftovers(ownerMark(prefix, owner), signal) : [];
		const seen = new Map(standings.map(({ container }) => [container.id, container]));
		spared ??= new Set(asked.map(({ id }) => id).filter((id) => !seen.has(id)));
		const all = [...seen.values(), ...asked];
		const left = new Set(all.filter((one) => judge(one) === "goes").map(({ id }) => id));
		found = new Map([...left].map((id) => [id, (found.get(id) ?? 0) + 1]));
		isAsking = asked.some(isOpen);
		for (const [id, times] of found) if (times === 2) await replicas.remove(id, signal);
	};
}

const fates: Readonly<Record<ReturnType<Ends["of"]>, Judgement>> = {
	wanted: "stays",
	failed: "goes",
	unknown: "not yet",
};
