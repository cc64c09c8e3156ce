import type { Demand } from "./scale-demand.ts";

/** Whether additions do any good: where a database is what is slow, more web servers make it slower. */
export type Brake = {
	/** The addition that is being judged, and how things were before it. */
	readonly trial: Trial | undefined;
	/** Additions in a row that did no good. */
	readonly useless: number;
	/** No additions by load before this time; undefined: as you like. */
	readonly until: number | undefined;
};

type Trial = {
	readonly at: number;
	/** How many took requests. */
	readonly ready: number;
	readonly answered: number;
	readonly responseMs: number;
};

export const noBrake: Brake = { trial: undefined, useless: 0, until: undefined };

/** Starts that failed one after the other, of this generation, and when the last one did. */
export type Failures = { readonly count: number; readonly lastAt: number };

/** What the means that newcomers are judged by look back, in milliseconds. */
const settleMs = 6_000;
const pauseMs = 300_000;
/** Of what an addition should bring: twice as many containers, twice the answers, or half the time. */
const leastGain = 0.5;

type Effect = {
	readonly now: number;
	readonly readyMs: number;
	readonly ready: number;
	readonly demand: Demand;
	/** Whether more are wanted still. */
	readonly wanting: boolean;
};

/** Judges the addition under way, once its containers have been ready for a while. */
export function judged(brake: Brake, effect: Effect): Brake {
	const { now, readyMs } = effect;
	const { trial } = brake;
	const until = brake.until !== undefined && now < brake.until ? brake.until : undefined;
	if (trial === undefined || now < trial.at + readyMs + settleMs) return { ...brake, until };
	const useless = isUseless(trial, effect) ? brake.useless + 1 : 0;
	if (useless < 2) return { trial: undefined, useless, until };
	return { trial: undefined, useless: 0, until: now + pauseMs };
}

/** Where more are wanted though none has come, nothing can be told; nor where what was wanted is enough. */
function isUseless(before: Trial, { ready, demand, wanting }: Effect): boolean {
	const added = ready / Math.max(1, before.ready) - 1;
	if (!wanting || added <= 0) return false;
	const more = before.answered <= 0 ? added : demand.answered / before.answered - 1;
	const sooner = demand.responseMs <= 0 ? added : before.responseMs / demand.responseMs - 1;
	return Math.max(more, sooner) < leastGain * added;
}

/** What is added before the trial under way is over belongs to it. */
export function tried(brake: Brake, { now, ready, demand }: Omit<Effect, "readyMs" | "wanting">): Brake {
	if (brake.trial !== undefined) return brake;
	const { answered, responseMs } = demand;
	return { ...brake, trial: { at: now, ready, answered, responseMs } };
}

/** As many failures freeze a generation: load alone starts none of it any more. */
export const frozenAfter = 3;

/** When the next start may be tried: 10 s after the first failure, then twice as long each time, up to 300 s. */
export function nextStartAt({ count, lastAt }: Failures): number {
	return count === 0 ? Number.NEGATIVE_INFINITY : lastAt + Math.min(300_000, 10_000 * 2 ** (count - 1));
}
