import { expect, test } from "vitest";
import type { PoolLoad } from "../model/pool-load.ts";
import { createGauge } from "./gauge.ts";

const load: PoolLoad = {
	...{ pool: "nodes", held: undefined, queued: 2, requests: 100, queueMs: 3, responseMs: 40 },
	servers: [
		{ server: "a", current: 5, open: true },
		{ server: "b", current: 7, open: false },
	],
};

test("a sample is what is in flight at those that stay, and what the pool has to tell; it is taken once", () => {
	const { sampled, take } = createGauge();
	sampled(load, 1, new Set(["b"]));
	sampled(load, 2, new Set());
	const counted = { queued: 2, requests: 100, queueMs: 3, responseMs: 40 };
	expect(take()).toEqual([
		{ at: 1, inFlight: 5, ...counted },
		{ at: 2, inFlight: 12, ...counted },
	]);
	expect(take()).toEqual([]);
});

test("a HAProxy that does not answer gives no sample, and what it said before is not its word any more", () => {
	const gauge = createGauge();
	gauge.sampled(load, 1, new Set());
	expect(gauge.load()).toBe(load);
	gauge.sampled(undefined, 2, new Set());
	expect(gauge.load()).toBeUndefined();
	expect(gauge.take()).toHaveLength(1);
});

test("while nobody takes them, the latest 30 s of them are kept", () => {
	const { sampled, take } = createGauge();
	for (let at = 0; at < 1_000; at += 1) sampled(load, at, new Set());
	const taken = take();
	expect([taken.length, taken[0]?.at]).toEqual([120, 880]);
});

test("a sample tells what is used of the processors, where that is known at that moment", () => {
	let cpu: number | undefined;
	const { sampled, take } = createGauge(() => cpu);
	sampled(load, 1, new Set());
	cpu = 0.4;
	sampled(load, 2, new Set());
	expect(take().map((sample) => sample.cpu)).toEqual([undefined, 0.4]);
});
