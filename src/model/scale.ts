import { type Brake, judged, noBrake, tried } from "./scale-brake.ts";
import { type Demand, demandOf } from "./scale-demand.ts";
import { type Change, lately, paceOf, unpaced } from "./scale-pace.ts";
import { type ScalePolicy, upAbove } from "./scale-policy.ts";
import {
	isPanic,
	isSudden,
	type Observation,
	type Situation,
	startLimits,
	windowOf,
} from "./scale-situation.ts";
import { type Verdict, verdictOf } from "./scale-verdict.ts";
import { noWatch, staleMs, type Watch, watching } from "./scale-watch.ts";

/** A verdict, and everything that went in. With `advice` nobody acts upon it. */
export type ScaleDecision = Situation & Verdict & { readonly advice: boolean };

/** What a decision leaves to the next. It begins anew with each start of the controller: see `windowMs`. */
export type ScaleMemory = {
	readonly watch: Watch;
	/** What was wanted, largest first, each the most since: all that a maximum over time needs. */
	readonly wants: readonly { readonly at: number; readonly want: number }[];
	readonly changes: readonly Change[];
	readonly panicUntil: number | undefined;
	readonly brake: Brake;
};

export const noMemory: ScaleMemory = {
	watch: noWatch,
	wants: [],
	changes: [],
	panicUntil: undefined,
	brake: noBrake,
};

/** How many containers a pool should have more, or fewer, now. Once a second, and at once when one dies or falls ill. */
export function decide(
	policy: ScalePolicy,
	memory: ScaleMemory,
	observed: Observation,
): { readonly decision: ScaleDecision; readonly memory: ScaleMemory } {
	const seen = look(policy, memory, observed);
	const situation = situationOf(policy, seen, observed);
	const verdict = verdictOf(situation);
	const advice = policy.mode === "advise";
	return {
		decision: { ...situation, ...verdict, advice },
		memory: advice ? seen.memory : after(verdict, situation, seen.memory),
	};
}

type Seen = { readonly memory: ScaleMemory; readonly demand: Demand | undefined };

/** The memory with what is new, before anything is decided. */
function look(policy: ScalePolicy, before: ScaleMemory, observed: Observation): Seen {
	const { now, ready } = observed;
	const watch = watching(before.watch, observed.samples, ready);
	const isFresh = watch.newest !== undefined && now - watch.newest.at <= staleMs;
	const demand = isFresh ? demandOf(watch.readings, policy) : undefined;
	const changes = lately(before.changes, now);
	const panicUntil = stillTo(before.panicUntil, now);
	if (demand === undefined) return { memory: { ...before, watch, changes, panicUntil }, demand };
	const memory = {
		watch,
		wants: remembered(before.wants, demand.want, now, windowOf(policy, observed.measuredReadyMs)),
		changes,
		panicUntil: isPanic(demand, policy, ready) ? now + panicMs : panicUntil,
		brake: judgedBy(before.brake, demand, policy, observed),
	};
	return { memory, demand };
}

const panicMs = 60_000;

function stillTo(until: number | undefined, now: number): number | undefined {
	return until !== undefined && until > now ? until : undefined;
}

function remembered(
	wants: ScaleMemory["wants"],
	want: number,
	now: number,
	windowMs: number,
): ScaleMemory["wants"] {
	return [...wants.filter((one) => one.at > now - windowMs && one.want > want), { at: now, want }];
}

function judgedBy(brake: Brake, demand: Demand, policy: ScalePolicy, observed: Observation): Brake {
	const { now, ready, starting, measuredReadyMs = policy.readyMs } = observed;
	// As many requests come whether it does any good or not.
	const others = demand.signals.filter(({ name }) => name !== "rps");
	const wanting = others.some(({ load }) => load > upAbove * (ready + starting));
	return judged(brake, { now, readyMs: measuredReadyMs, ready, demand, wanting });
}

function situationOf(policy: ScalePolicy, { memory, demand }: Seen, observation: Observation): Situation {
	const { samples: _, ...observed } = observation;
	const { now, ready, starting, unhealthy, aside } = observed;
	const { since, newest, quietSince } = memory.watch;
	const doubted = memory.brake.useless > 0;
	const pace = paceOf(memory.changes, ready + starting, now);
	const isUrgent = demand !== undefined && !doubted && isSudden(demand, ready);
	return {
		policy,
		observed,
		demand,
		seenMs: since === undefined || newest === undefined ? 0 : newest.at - since,
		quietMs: quietSince === undefined || newest === undefined ? 0 : newest.at - quietSince,
		serving: ready + starting,
		present: ready + starting + unhealthy + aside,
		windowMs: windowOf(policy, observed.measuredReadyMs),
		highest: memory.wants[0]?.want,
		pace: isUrgent ? unpaced(pace, policy.max) : pace,
		panicUntil: memory.panicUntil,
		brakeUntil: memory.brake.until,
		doubted,
		onTrial: memory.brake.trial !== undefined,
		...startLimits(observed),
	};
}

function after({ kind, by }: Verdict, { observed, demand }: Situation, memory: ScaleMemory): ScaleMemory {
	const { now, ready } = observed;
	if (kind === "down") return { ...memory, changes: [...memory.changes, { at: now, by: -by }] };
	if (kind !== "up" || demand === undefined) return memory;
	return {
		...memory,
		changes: [...memory.changes, { at: now, by }],
		brake: tried(memory.brake, { now, ready, demand }),
	};
}
