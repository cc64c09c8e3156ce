import { createRandom, poisson, type Random } from "./random.ts";
import type { Scenario } from "./scenarios.ts";

/** The step of the simulation, in milliseconds. */
export const tickMs = 50;

/** Every request of a scenario, drawn beforehand: each law is played the same ones, and the same starts. */
export type Load = {
	/** How many arrive in each tick. */
	readonly arrivals: Uint16Array;
	/** What each takes of a free container, in milliseconds, in the order of arrival. */
	readonly serviceMs: Float32Array;
	/** For one play: what its starts take, one after the other, in milliseconds. */
	readonly starts: () => Random;
};

export function loadOf(scenario: Scenario, seed: number): Load {
	const arrivals = arrivalsOf(scenario, createRandom(seed));
	const total = arrivals.reduce((sum, count) => sum + count, 0);
	const random = createRandom(seed + 1);
	// From half to one and a half of the mean: what is slow has waited, and was not merely a large request.
	const serviceMs = Float32Array.from({ length: total }, () => scenario.serviceMs * (0.5 + random()));
	return { arrivals, serviceMs, starts };

	function starts(): Random {
		const random = createRandom(seed + 2);
		return () => scenario.startMs * (0.8 + 0.4 * random());
	}
}

function arrivalsOf({ seconds, rate }: Scenario, random: Random): Uint16Array {
	const perTick = tickMs / 1000;
	return Uint16Array.from({ length: seconds / perTick }, (_, tick) =>
		poisson(rate(tick * perTick) * perTick, random),
	);
}
