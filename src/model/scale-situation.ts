import { type Failures, frozenAfter, nextStartAt } from "./scale-brake.ts";
import type { Demand } from "./scale-demand.ts";
import type { Pace } from "./scale-pace.ts";
import type { ScalePolicy } from "./scale-policy.ts";
import type { Sample } from "./scale-watch.ts";

/** What is known of a pool at one moment. Whoever is in one of the counts is in none of the others. */
export type Observation = {
	/** Milliseconds of the clock that the samples have their times from. */
	readonly now: number;
	/** Those since the last decision, oldest first. */
	readonly samples: readonly Sample[];
	/**
	 * Containers that take requests; that are being made, or have not been ready yet: whatever was decided counts at once; that
	 * take no new requests, and can be taken back; that were ready and fail their health check; that a person has drained.
	 */
	readonly ready: number;
	readonly starting: number;
	readonly draining: number;
	readonly unhealthy: number;
	readonly aside: number;
	readonly rolloutUnderWay: boolean;
	/** Requests that wait as there is no server at all; undefined: they don't, but fail. */
	readonly held: number | undefined;
	/** In HAProxy's processes that a reload has replaced, of which samples know nothing, what is in flight; undefined: not asked. */
	readonly elsewhere: number | undefined;
	/** What a start has taken of late, in milliseconds. */
	readonly measuredReadyMs?: number;
	readonly failures: Failures;
	/** How many more the host can bear to have started now. */
	readonly canStart: number;
	/** Why no more, as a clause. */
	readonly room: string;
};

/** Everything that a verdict rests on. */
export type Situation = {
	readonly policy: ScalePolicy;
	readonly observed: Omit<Observation, "samples">;
	/** Undefined: there is no sample that is new enough. */
	readonly demand: Demand | undefined;
	/** For how long the samples have come without a gap, in milliseconds. */
	readonly seenMs: number;
	/** N: ready and starting, what load is shared by. */
	readonly serving: number;
	/** Those, the unhealthy ones, and those that are aside: what min and max count. */
	readonly present: number;
	/** For how long nobody has asked for anything, in milliseconds. */
	readonly quietMs: number;
	readonly windowMs: number;
	/** r: the most that was wanted within the window; undefined: nothing was. */
	readonly highest: number | undefined;
	readonly pace: Pace;
	/** Until when nothing is taken away, nothing added by load, nothing started; undefined: no such limit. */
	readonly panicUntil: number | undefined;
	readonly brakeUntil: number | undefined;
	/** The last addition did no good; the next one is being judged. */
	readonly doubted: boolean;
	readonly onTrial: boolean;
	readonly backOffUntil: number | undefined;
	readonly frozen: boolean;
};

/** How long fewer must have been enough: a slow start makes a hasty removal dear. */
export function windowOf(policy: ScalePolicy, measuredReadyMs: number | undefined): number {
	const readyMs = measuredReadyMs ?? policy.readyMs;
	return policy.downAfterMs ?? Math.min(600_000, Math.max(60_000, 10 * readyMs));
}

export function startLimits({ failures, now }: Pick<Observation, "failures" | "now">): {
	readonly backOffUntil: number | undefined;
	readonly frozen: boolean;
} {
	const next = nextStartAt(failures);
	return { backOffUntil: next > now ? next : undefined, frozen: failures.count >= frozenAfter };
}

/** What tells that a pool is in need: twice what is ready is wanted, or requests wait too long. */
export function isPanic(demand: Demand, policy: ScalePolicy, ready: number): boolean {
	// HAProxy's `qtime` is that of the last 1024 requests, be it of an hour ago: it counts only while there is a queue.
	return isSudden(demand, ready) || (demand.queued > 0 && demand.queueMs > policy.queueMs);
}

/** Twice what is ready is wanted. */
export function isSudden({ signals }: Demand, ready: number): boolean {
	const short = signals.find(({ name }) => name === "in-flight-6s");
	return (short?.want ?? 0) >= 2 * Math.max(1, ready);
}
