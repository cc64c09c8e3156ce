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
	readonly decide: (from: Source, place: Place, seen: Seen) => ScaleDecision;
	/** The pool begins anew. */
	readonly forget: () => void;
};

/** What is known besides. */
export type Seen = {
	readonly room: Room;
	/** How many are missing because a person wanted that. */
	readonly parked: number;
	/** See `Observation`; undefined: nobody has asked. */
	readonly elsewhere: number | undefined;
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

/** Whoever stops one may be about to stop all, as `compose down` does: so long nobody is made to take its place, in milliseconds. */
const settleMs = 1_000;
const noneForNow: Room = { canStart: 0, why: "somebody was told to stop, and others may be next" };

export function createDecider(parts: DeciderParts): Decider {
	const { ports, clock, gauge, processors, experience, lives, departures, deed, diary } = parts;
	let memory = noMemory;
	let [parkedBefore, settledAt] = [0, Number.NEGATIVE_INFINITY];

	function roomFor({ parked, room }: Seen): Room {
		if (parked > parkedBefore) settledAt = clock.now() + settleMs;
		parkedBefore = parked;
		return clock.now() < settledAt ? noneForNow : room;
	}

	function observationOf(from: Source, { members, sleeping }: Place, seen: Seen): Observation {
		const { parked, elsewhere } = seen;
		const room = roomFor(seen);
		const load = gauge.load();
		const counts = countsOf(members, load);
		const starting = counts.starting + lives.unseen().length;
		return {
			...counts,
			...experience.told(),
			now: clock.now(),
			samples: gauge.take(),
			starting,
			draining: departures.draining(),
			rolloutUnderWay: members.some((one) => isStale(one, from)),
			// Whom people have stopped, or may have, nobody replaces.
			held: parked > 0 && sleeping.length === 0 ? 0 : load?.held,
			elsewhere,
			canStart: Math.max(0, room.canStart),
			room: room.why,
		};
	}

	return {
		decide: (from, place, seen) => {
			const policy = asOrdered(countedBy(from.asked, processors), ports.order(place.pool));
			const observation = observationOf(from, place, seen);
			// Docker would remove them, and no original is ever removed.
			const staying = place.members.filter(({ container }) => container.endsForGood).length;
			const bounds = {
				...(from.template.hostConfig.AutoRemove ? { idleMs: Number.POSITIVE_INFINITY } : {}),
				min: Math.max(staying, policy.min - seen.parked),
				// Who is to take another's place is one too many until the other has gone.
				max: Math.max(staying, policy.max + Number(deed.isRenewing())),
			};
			const made = decide({ ...policy, ...bounds }, memory, observation);
			memory = made.memory;
			if (observation.ready + observation.starting >= policy.min) lives.forgive();
			diary.note(made.decision, place.pool);
			return made.decision;
		},
		forget: () => {
			memory = noMemory;
		},
	};
}
