import { decide, noMemory, type ScaleDecision, type ScaleMemory } from "../model/scale.ts";
import type { ScalePolicy } from "../model/scale-policy.ts";
import type { Observation } from "../model/scale-situation.ts";
import type { Sample } from "../model/scale-watch.ts";

/** 10 in flight per container, 1 to 8 of them, that start within 6 s: a window of 60 s. */
export const scalePolicy: ScalePolicy = {
	min: 1,
	max: 8,
	target: 10,
	queueMs: 100,
	readyMs: 6_000,
	idleMs: 300_000,
	mode: "auto",
};

export function observation(over: Partial<Observation> = {}): Observation {
	return {
		...{ now: 0, samples: [], ready: 2, starting: 0, draining: 0, unhealthy: 0, aside: 0, held: 0 },
		...{ rolloutUnderWay: false, failures: { count: 0, lastAt: 0 }, canStart: 100, room: "", elsewhere: 0 },
		...over,
	};
}

/** Requests of 100 ms. */
export function sample(over: Partial<Sample> = {}): Sample {
	return { at: 0, inFlight: 0, queued: 0, requests: 0, responseMs: 100, queueMs: 0, ...over };
}

/** What is seen for so many seconds; the load is given as what samples say of it. */
export type Phase = {
	readonly seconds: number;
	readonly load?: Partial<Sample>;
	readonly seen?: Partial<Observation>;
	/** No sample comes. */
	readonly blind?: boolean;
};

export type Run = {
	readonly policy: ScalePolicy;
	readonly memory: ScaleMemory;
	readonly now: number;
	readonly decisions: readonly ScaleDecision[];
};

export function begun(over: Partial<ScalePolicy> = {}): Run {
	return { policy: { ...scalePolicy, ...over }, memory: noMemory, now: 0, decisions: [] };
}

/** Decides each second of a phase, though nothing is done about it. */
export function during(run: Run, phase: Phase): Run {
	let [memory, now] = [run.memory, run.now];
	const decisions = [...run.decisions];
	for (let second = 0; second < phase.seconds; second += 1) {
		const samples =
			phase.blind === true ? [] : samplesUpTo(now + 1_000, memory.watch.newest?.requests, phase.load);
		now += 1_000;
		const decided = decide(run.policy, memory, observation({ now, samples, ...phase.seen }));
		memory = decided.memory;
		decisions.push(decided.decision);
	}
	return { ...run, memory, now, decisions };
}

/** The last decision after these phases. */
export function lastOf(over: Partial<ScalePolicy>, ...phases: readonly Phase[]): ScaleDecision {
	const decision = phases.reduce(during, begun(over)).decisions.at(-1);
	if (decision === undefined) throw new Error("a phase of one second at least is expected");
	return decision;
}

/** Every 250 ms; as many requests come as keep so many in flight. */
function samplesUpTo(now: number, before = 0, load: Partial<Sample> = {}): readonly Sample[] {
	return [1, 2, 3, 4].map((quarter) => {
		const came = (quarter * 250 * (load.inFlight ?? 0)) / 100;
		return sample({ requests: before + came, ...load, at: now - 1_000 + quarter * 250 });
	});
}
