import { describe, expect, test } from "vitest";
import { policyFault } from "../../model/scale-policy.ts";
import { type Law, nothing, towards } from "./law.ts";
import { ours } from "./ours.ts";
import { play } from "./play.ts";
import { concurrency, hpa } from "./rivals.ts";
import { type Scenario, usual } from "./scenarios.ts";

/* Faults that others have, or had: each is played as they make it, and then as we do. */

const steady: Scenario = { ...usual, name: "steady", seconds: 300, rate: () => 60 };
const worst = (sizes: readonly number[], from: number, to: number) => Math.min(...sizes.slice(from, to));

describe("the sum where a mean is meant", () => {
	const summing: Law = {
		name: "sum × containers",
		begin: (policy) => (observed) => {
			const newest = observed.samples.at(-1);
			if (newest === undefined) return nothing;
			return towards(Math.ceil((observed.ready * concurrency(newest)) / policy.target), observed, policy);
		},
	};

	test("runs away to max at a load that four containers carry", () => {
		expect(play(summing, steady).sizes.at(-1)).toBe(usual.policy.max);
		expect(play(ours, steady).sizes.at(-1)).toBe(4);
	});

	test("is not made of a share of the processors either, while newcomers are ready and the mean is of before", () => {
		const policy = { ...usual.policy, cpu: 0.5 };
		const { sizes } = play(ours, { ...steady, policy, initial: 3, rate: () => 75, startMs: 2_000 });

		// 30 of 10 slots each are in use: 3 containers at their limit, 6 at half of it, one more for the tolerance.
		expect(Math.max(...sizes)).toBeLessThanOrEqual(7);
	});
});

describe("thresholds that can't both hold", () => {
	const policy = { ...usual.policy, target: 40, maxconn: 10 };
	const flapping = { ...usual, name: "flapping", seconds: 1200, rate: () => 80, policy };

	test("flap, and are refused", () => {
		const played = play(ours, flapping);

		expect(policyFault(policy)).toContain("what a queue adds is taken away again");
		expect(played.reversalsPerHour).toBeGreaterThan(10);
		expect(played.slowPercent).toBeGreaterThan(5);
	});

	test("can hold with the target that the refusal tells of", () => {
		const mended = { ...policy, target: 11 };

		expect(policyFault(mended)).toBeUndefined();
		expect(play(ours, { ...flapping, policy: mended }).reversalsPerHour).toBeLessThanOrEqual(3);
	});
});

describe("no data", () => {
	const trusting: Law = {
		name: "nothing is zero",
		begin: (policy) => (observed) => {
			const newest = observed.samples.at(-1);
			const inFlight = newest === undefined ? 0 : concurrency(newest);
			return towards(Math.ceil(inFlight / policy.target), observed, policy);
		},
	};
	const blinded: Scenario = { ...steady, blind: [[100, 200]] };

	test("read as zero takes away all that carry the load", () => {
		expect(worst(play(trusting, blinded).sizes, 110, 200)).toBe(1);
	});

	test("changes nothing, and nothing right after either", () => {
		expect(worst(play(ours, blinded).sizes, 100, 260)).toBe(4);
	});
});

describe("state that is lost at a restart", () => {
	// A lull of 20 s, and a controller that starts anew in the middle of it.
	const lull = (at: number) => (at >= 100 && at < 130 ? 5 : 120);
	const restarted: Scenario = { ...steady, rate: lull, initial: 8, restarts: [110] };

	test("forgets for how long fewer must have been enough", () => {
		expect(worst(play(hpa, restarted).sizes, 110, 140)).toBeLessThan(7);
	});

	test("makes us wait for a whole window anew", () => {
		expect(worst(play(ours, restarted).sizes, 100, 170)).toBe(8);
	});
});

describe("below zero by arithmetic", () => {
	const subtracting: Law = {
		name: "half and one",
		begin: () => (observed) => ({ by: Math.floor(observed.ready / 2) - observed.ready - 1 }),
	};
	const empty: Scenario = { ...steady, rate: () => 0.01, policy: { ...usual.policy, min: 0 } };

	test("takes away the last one", () => {
		expect(play(subtracting, empty).sizes.at(-1)).toBe(0);
	});

	test("does not happen: the last one stays", () => {
		const { sizes } = play(ours, { ...empty, seconds: 900, policy: { ...empty.policy, readyMs: 6_000 } });

		expect(sizes.at(-1)).toBe(1);
		expect(Math.min(...sizes)).toBe(1);
	});
});
