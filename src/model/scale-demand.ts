import type { ScalePolicy } from "./scale-policy.ts";
import type { Reading } from "./scale-watch.ts";

/** What a pool has to carry, by every measure that its policy names. */
export type Demand = {
	/** S, Q, λ (per second), W and the time in the queue (ms); means of the last 6 s. */
	readonly inFlight: number;
	readonly queued: number;
	readonly perSecond: number;
	/** What is answered per second: all that the pool can do, while more come. */
	readonly answered: number;
	readonly responseMs: number;
	readonly queueMs: number;
	readonly signals: readonly Signal[];
	/** The most that a signal wants. */
	readonly want: number;
};

export type Signal = {
	readonly name: "in-flight-30s" | "in-flight-6s" | "rps" | "cpu";
	/** In its own measure: requests in flight, requests per second, containers at their limit. */
	readonly amount: number;
	/** What one container should carry of it. */
	readonly target: number;
	/** amount / target: containers, and fractions of one. */
	readonly load: number;
	/** That, in whole ones. */
	readonly want: number;
};

const shortMs = 6_000;
/** A queue is to be gone within this time. */
const emptyQueueMs = 1_000;

/** `readings`: those of the last 30 s, one at least. */
export function demandOf(readings: readonly Reading[], policy: ScalePolicy): Demand {
	const newest = readings.at(-1)?.at ?? 0;
	const long = meansOf(readings);
	const short = meansOf(readings.filter(({ at }) => at > newest - shortMs));
	const signals = [
		signal("in-flight-30s", requestsIn(long), policy.target),
		signal("in-flight-6s", requestsIn(short), policy.target),
		...(policy.rps === undefined ? [] : [signal("rps", long.perSecond, policy.rps)]),
		...(policy.cpu === undefined || long.cpu === undefined ? [] : [signal("cpu", long.cpu, policy.cpu)]),
	];
	const { cpu: _, ...means } = short;
	return { ...means, signals, want: Math.max(...signals.map(({ want }) => want)) };
}

type Means = Omit<Demand, "signals" | "want"> & { readonly cpu: number | undefined };

function meansOf(readings: readonly Reading[]): Means {
	const perSecond = perSecondOf(readings);
	const withCpu = readings.filter(({ cpu }) => cpu !== undefined);
	return {
		inFlight: mean(readings, ({ inFlight }) => inFlight),
		queued: mean(readings, ({ queued }) => queued),
		perSecond: perSecond(({ requests }) => requests),
		answered: perSecond(({ answered }) => answered),
		responseMs: mean(readings, ({ responseMs }) => responseMs),
		queueMs: mean(readings, ({ queueMs }) => queueMs),
		cpu: withCpu.length === 0 ? undefined : mean(withCpu, ({ cpu }) => cpu ?? 0),
	};
}

function perSecondOf(readings: readonly Reading[]): (value: (reading: Reading) => number) => number {
	const ms = sumOf(readings, (reading) => reading.ms);
	return (value) => (ms === 0 ? 0 : (sumOf(readings, value) / ms) * 1000);
}

/** I: what is in flight, and what must be besides for the queue to be gone in time. */
function requestsIn({ inFlight, queued, perSecond, responseMs }: Means): number {
	return Math.max(inFlight, (perSecond * responseMs) / 1000) + (queued * responseMs) / emptyQueueMs;
}

function signal(name: Signal["name"], amount: number, target: number): Signal {
	const load = amount / target;
	// 3 containers' worth of 0.7 is 2.1000000000000001 in floating point, and no fourth container's work.
	return { name, amount, target, load, want: Math.ceil(load - 1e-9) };
}

/** By how many samples each has seen. */
function mean(readings: readonly Reading[], value: (reading: Reading) => number): number {
	const weight = sumOf(readings, ({ samples }) => samples);
	return sumOf(readings, (reading) => value(reading) * reading.samples) / weight;
}

function sumOf(readings: readonly Reading[], value: (reading: Reading) => number): number {
	return readings.reduce((sum, reading) => sum + value(reading), 0);
}
