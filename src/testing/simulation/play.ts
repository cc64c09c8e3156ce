import type { Sample } from "../../model/scale-watch.ts";
import type { Law, Wish } from "./law.ts";
import { type Load, loadOf, tickMs } from "./load.ts";
import { createPool, type Pool } from "./pool.ts";
import type { Scenario } from "./scenarios.ts";

/** What a law has made of a scenario. */
export type Played = {
	readonly law: string;
	/** Of the requests, those that took more than three times what they would have without waiting. */
	readonly slowPercent: number;
	/** Seconds of each container's life, from creation to its end. */
	readonly replicaSeconds: number;
	/** Additions that followed a removal, and removals that followed an addition. */
	readonly reversalsPerHour: number;
	/** How many containers there were each second, those that start and drain among them. */
	readonly sizes: readonly number[];
};

export function play(law: Law, scenario: Scenario, seed = 1, load: Load = loadOf(scenario, seed)): Played {
	const pool = createPool(scenario, load);
	const game = createGame(law, scenario, pool);
	load.arrivals.forEach((arrivals, tick) => {
		const now = tick * tickMs;
		pool.tick(now, arrivals);
		if (now % 250 < tickMs) game.sample(now);
		if (now % 1000 === 0 && now > 0) game.decide(now);
	});
	const { requests, slow, replicaSeconds } = pool.totals();
	return {
		law: law.name,
		slowPercent: (100 * slow) / requests,
		replicaSeconds,
		reversalsPerHour: (game.reversals() * 3600) / scenario.seconds,
		sizes: game.sizes,
	};
}

type Game = {
	readonly sample: (now: number) => void;
	readonly decide: (now: number) => void;
	readonly reversals: () => number;
	readonly sizes: readonly number[];
};

function createGame(law: Law, { policy, blind = [], restarts = [] }: Scenario, pool: Pool): Game {
	let decideNow = law.begin(policy);
	let samples: Sample[] = [];
	const [sizes, directions]: [number[], number[]] = [[], []];
	return {
		sample: (now) => {
			if (blind.some(([from, to]) => now >= from * 1000 && now < to * 1000)) return;
			samples.push({ at: now, ...pool.measures() });
		},
		decide: (now) => {
			const { ready, starting, draining } = pool.counts();
			sizes.push(ready + starting + draining);
			if (restarts.includes(now / 1000)) decideNow = law.begin(policy);
			const measuredReadyMs = pool.measuredReadyMs();
			const wish = decideNow({
				...{ now, samples, ready, starting, draining, unhealthy: 0, aside: 0 },
				...{ rolloutUnderWay: false, held: 0, elsewhere: 0 },
				...(measuredReadyMs === undefined ? {} : { measuredReadyMs }),
				...{ failures: { count: 0, lastAt: 0 }, canStart: Number.POSITIVE_INFINITY, room: "" },
			});
			samples = [];
			perform(wish, pool, now);
			if (wish.by !== 0) directions.push(Math.sign(wish.by));
		},
		reversals: () => directions.filter((one, index) => index > 0 && one !== directions[index - 1]).length,
		sizes,
	};
}

function perform({ by, undrain = false }: Wish, pool: Pool, now: number): void {
	if (by < 0) pool.drain(-by, now);
	else if (undrain) pool.undrain(by);
	else pool.add(by, now);
}
