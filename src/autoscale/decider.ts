import type { Clock } from "../clock.ts";
import { decide, noMemory, type ScaleDecision } from "../model/scale.ts";
import { asOrdered } from "../model/scale-order.ts";
import type { Observation } from "../model/scale-situation.ts";
import { countsOf } from "./counts.ts";
import type { Place } from "./crew.ts";
import { type Deed, isStale } from "./deed.ts";
import type { Departures } from "./departures.ts";
import type { Diary } from "./diary.ts";
import type { Experience } from "./experience.ts";
import type { Gauge } from "./gauge.ts";
import type { Lives } from "./lives.ts";
import type { ScalerPorts } from "./ports.ts";
import { countedBy, type Processors } from "./processors.ts";
import type { Room } from "./room.ts";
import type { Source } from "./source.ts";

/** Lays before the law what is known of a pool, and remembers what the law asks it to. */
export type Decider = {
	/** @param parked how many are missing because a person wanted that */
	readonly decide: (from: Source, place: Place, room: Room, parked: number) => ScaleDecision;
	/** The pool begins anew. */
	readonly forget: () => void;
};

export type DeciderParts = {
	readonly ports: Pick<ScalerPorts, "order">;
	readonly clock: Pick<Clock, "now">;
	readonly gauge: Pick<Gauge, "load" | "take">;
	readonly processors: Pick<Processors, "canTell">;
	readonly experience: Pick<Experience, "told">;
	readonly lives: Pick<Lives, "unseen" | "forgive">;
	readonly departures: Pick<Departures, "draining">;
	readonly deed: Pick<Deed, "isRenewing">;
	readonly diary: Pick<Diary, "note">;
};

export function createDecider(parts: DeciderParts): Decider {
	const { ports, clock, gauge, processors, experience, lives, departures, deed, diary } = parts;
	let memory = noMemory;

	function observationOf(from: Source, { members }: Place, room: Room): Observation {
		const counts = countsOf(members, gauge.load());
		const starting = counts.starting + lives.unseen().length;
		return {
			...counts,
			...experience.told(),
			now: clock.now(),
			samples: gauge.take(),
			starting,
			draining: departures.draining(),
			rolloutUnderWay: members.some((one) => isStale(one, from)),
			held: 0,
			canStart: Math.max(0, room.canStart),
			room: room.why,
		};
	}

	return {
		decide: (from, place, room, parked) => {
			const policy = asOrdered(countedBy(from.asked, processors), ports.order(place.pool));
			const observation = observationOf(from, place, room);
			const bounds = {
				min: Math.max(0, policy.min - parked),
				// Who is to take another's place is one too many until the other has gone.
				max: policy.max + Number(deed.isRenewing()),
			};
			const made = decide({ ...policy, ...bounds }, memory, observation);
			memory = made.memory;
			if (observation.ready + observation.starting >= policy.min) lives.forgive();
			diary.note(made.decision);
			return made.decision;
		},
		forget: () => {
			memory = noMemory;
		},
	};
}
