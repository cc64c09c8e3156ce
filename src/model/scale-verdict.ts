import type { Signal } from "./scale-demand.ts";
import { downUpTo, upAbove } from "./scale-policy.ts";
import type { Situation } from "./scale-situation.ts";
import { staleMs } from "./scale-watch.ts";

export type Verdict = {
	/** `mend`: below min, or held requests with nobody to answer them; `up`: load wants more; `un-drain`: those that are going
	 * are taken back, before any is made; `down`: fewer are enough, or allowed; `hold`: nothing to do, or nothing that may be done. */
	readonly kind: "mend" | "up" | "un-drain" | "down" | "hold";
	/** How many containers; 0 with `hold`. */
	readonly by: number;
	/** A clause, such as `62 in flight want 4 at 20 each`. */
	readonly why: string;
};

/** The first rule that has something to say: people, then bounds, then what is not known, then load. */
export function verdictOf(situation: Situation): Verdict {
	for (const rule of rules) {
		const verdict = rule(situation);
		if (verdict !== undefined) return verdict;
	}
	return hold(`${situation.serving} are as many as are wanted`);
}

type Rule = (situation: Situation) => Verdict | undefined;

const rules: readonly Rule[] = [paused, belowMin, held, aboveMax, blind, rollout, sick, more, fewer, idle];

function paused({ policy }: Situation): Verdict | undefined {
	return policy.mode === "paused" ? hold("paused") : undefined;
}

function belowMin(situation: Situation): Verdict | undefined {
	const { present, policy } = situation;
	if (present >= policy.min) return undefined;
	return started("mend", policy.min - present, `${present} of at least ${policy.min} are there`, situation);
}

function held(situation: Situation): Verdict | undefined {
	const { observed, present } = situation;
	if (!observed.held || present > 0) return undefined;
	return started("mend", 1, `${observed.held} held, and nobody there to answer`, situation);
}

/** Whoever lowers max means it, whatever the load. */
function aboveMax({ policy, present, pace }: Situation): Verdict | undefined {
	const by = present - policy.max;
	if (by <= 0 || policy.mode === "up-only") return undefined;
	const why = `${present} of at most ${policy.max} are there`;
	return pace.down === 0
		? hold(`${why}, and a pool halves within 15 s at most`)
		: down(Math.min(by, pace.down), why);
}

/** Four samples: of fewer, no mean is one. */
const leastSeenMs = 1_000;

function blind({ demand, seenMs }: Situation): Verdict | undefined {
	if (demand === undefined) return hold(`no sample within ${staleMs / 1000} s`);
	return seenMs < leastSeenMs
		? hold(`samples for ${(seenMs / 1000).toFixed(1)} s, and no mean of them yet`)
		: undefined;
}

function rollout({ observed }: Situation): Verdict | undefined {
	return observed.rolloutUnderWay ? hold("a rollout is under way") : undefined;
}

/** What makes most of them ill, a database that is down, makes newcomers ill as well. */
function sick({ observed: { unhealthy, ready } }: Situation): Verdict | undefined {
	return unhealthy > ready ? hold(`${unhealthy} of ${unhealthy + ready} are unhealthy`) : undefined;
}

function more(situation: Situation): Verdict | undefined {
	const { policy, serving, present, pace, frozen, observed } = situation;
	const signal = heaviest(situation);
	if (signal === undefined || signal.load <= upAbove * serving || signal.want <= serving) return undefined;
	// What has been lately wakes nobody: who asks now is held.
	if (policy.min === 0 && present === 0 && observed.held !== undefined) return undefined;
	const why = wish(signal);
	const by = Math.min(signal.want - serving, policy.max - present);
	if (by <= 0) return hold(`${why}, and ${policy.max} are the most`);
	if (observed.draining > 0) return started("un-drain", by, why, situation);
	if (frozen) return hold(`${why}, and ${observed.failures.count} starts in a row failed`);
	const doubt = doubtOf(situation);
	if (doubt !== undefined) return hold(`${why}, and ${doubt}`);
	if (pace.up === 0) return hold(`${why}, and a pool doubles within 15 s at most`);
	return started("up", Math.min(by, pace.up), why, situation);
}

function doubtOf({ brakeUntil, doubted, onTrial, observed }: Situation): string | undefined {
	if (brakeUntil !== undefined)
		return `the last two additions did no good: next in ${left(brakeUntil, observed.now)} s`;
	return doubted && onTrial ? "one addition did no good, and the next is not judged yet" : undefined;
}

/** Those that are going come back first: that takes no time, and no start. */
function started(kind: "mend" | "up" | "un-drain", by: number, why: string, situation: Situation): Verdict {
	const { observed, backOffUntil } = situation;
	const { draining, canStart, room, failures, now } = observed;
	if (draining > 0) return { kind: "un-drain", by: Math.min(by, draining), why };
	if (backOffUntil !== undefined)
		return hold(`${why}, and the last ${failures.count} failed: next in ${left(backOffUntil, now)} s`);
	if (canStart <= 0) return hold(`${why}, and none can be started now: ${room}`);
	return { kind, by: Math.min(by, canStart), why };
}

function fewer(situation: Situation): Verdict | undefined {
	const { policy, serving, highest, observed, windowMs } = situation;
	const least = Math.max(1, policy.min, highest ?? serving);
	if (serving <= least || policy.mode === "up-only") return undefined;
	const why = `${least} have been enough for ${windowMs / 1000} s`;
	const hindrance = hindranceToFewer(situation);
	if (hindrance !== undefined) return hold(`${why}, but ${hindrance}`);
	const load = heaviest(situation)?.load ?? serving;
	// Those that remain must carry it, and none but those that are ready can be spared.
	const bearable = serving - Math.ceil(load / downUpTo - 1e-9);
	const by = Math.min(serving - least, bearable, situation.pace.down, observed.ready - 1);
	if (by <= 0) return hold(`${why}, but the load of now is ${Math.round(load * 10) / 10} containers' work`);
	return down(by, why);
}

/** What is held asks for somebody, and where nothing can be held, the next request would fail. */
function idle({ policy, present, observed, quietMs }: Situation): Verdict | undefined {
	const { ready, held: waiting, elsewhere } = observed;
	const isLast = present === 1 && ready === 1;
	if (policy.min > 0 || policy.mode === "up-only" || !isLast || quietMs < policy.idleMs) return undefined;
	const why = `no request for ${policy.idleMs / 1000} s`;
	if (waiting === undefined) return hold(`${why}, but HAProxy holds none while there is no server`);
	if (waiting > 0) return undefined;
	if (elsewhere === undefined) return hold(`${why}; what processes have that were replaced is asked for`);
	if (elsewhere > 0) return hold(`${why}, but ${elsewhere} are in flight in processes that were replaced`);
	return down(1, why);
}

function hindranceToFewer(situation: Situation): string | undefined {
	const { seenMs, windowMs, demand, policy, panicUntil, pace, observed } = situation;
	if (seenMs < windowMs) return `that is seen for ${Math.round(seenMs / 1000)} s alone`;
	if (demand === undefined || demand.queued > 0) return "requests are queued";
	if (policy.cpu !== undefined && !demand.signals.some(({ name }) => name === "cpu"))
		return "what they use of the processors is not known";
	if (panicUntil !== undefined) return `there was need ${60 - left(panicUntil, observed.now)} s ago`;
	return pace.down === 0 ? "a pool halves within 15 s at most" : undefined;
}

function heaviest({ demand }: Situation): Signal | undefined {
	return demand?.signals.toSorted((a, b) => b.load - a.load)[0];
}

function wish({ name, amount, target, want }: Signal): string {
	if (name === "cpu")
		return `${Math.round(amount * 100)} % of a processor limit want ${want} at ${Math.round(target * 100)} % each`;
	const what = name === "rps" ? "requests/s" : "in flight";
	return `${Math.round(amount)} ${what} want ${want} at ${target} each`;
}

function left(until: number, now: number): number {
	return Math.ceil((until - now) / 1000);
}

function down(by: number, why: string): Verdict {
	return { kind: "down", by, why };
}

function hold(why: string): Verdict {
	return { kind: "hold", by: 0, why };
}
