import { describe, expect, test } from "vitest";
import { type Brake, judged, nextStartAt, noBrake, tried } from "./scale-brake.ts";
import type { Demand } from "./scale-demand.ts";

const readyMs = 4_000;

function demand(answered: number, responseMs = 100): Demand {
	return {
		inFlight: 0,
		queued: 0,
		perSecond: answered,
		answered,
		responseMs,
		queueMs: 0,
		signals: [],
		want: 9,
	};
}

/** From 4 containers that answer 100 requests per second to 8; judged ten seconds after. */
function addition(
	before: Brake,
	after: Demand,
	over: { readonly wanting?: boolean; readonly ready?: number } = {},
): Brake {
	const trying = tried(before, { now: 0, ready: 4, demand: demand(100) });
	return judged(trying, { now: 10_000, readyMs, ready: 8, wanting: true, demand: after, ...over });
}

describe("additions", () => {
	test("two in a row that bring less than half of what they should pause them for five minutes", () => {
		const once = addition(noBrake, demand(149));
		const twice = addition(once, demand(149));

		expect(once).toMatchObject({ useless: 1, until: undefined });
		expect(twice).toMatchObject({ useless: 0, until: 310_000 });
		expect(
			judged(twice, { now: 310_000, readyMs, ready: 8, wanting: true, demand: demand(100) }).until,
		).toBeUndefined();
	});

	test.each([
		["more is answered", demand(150), {}],
		["each is answered sooner", demand(100, 60), {}],
		["what there is suffices", demand(100), { wanting: false }],
		["none of them has come", demand(100), { ready: 4 }],
	] as const)("one is not counted against them where %s", (_, after, over) => {
		expect(addition(addition(noBrake, demand(100)), after, over)).toMatchObject({
			useless: 0,
			until: undefined,
		});
	});

	test("one that brings less than it should, for it was small, is judged by its size", () => {
		expect(addition(noBrake, demand(115), { ready: 5 }).useless).toBe(0);
		expect(addition(noBrake, demand(110), { ready: 5 }).useless).toBe(1);
	});

	test("none is judged before its containers were ready for as long as the means look back", () => {
		const trying = tried(noBrake, { now: 0, ready: 4, demand: demand(100) });

		expect(judged(trying, { now: 9_999, readyMs, ready: 8, wanting: true, demand: demand(100) })).toEqual(
			trying,
		);
	});
});

test.each([
	[0, Number.NEGATIVE_INFINITY],
	[1, 11_000],
	[2, 21_000],
	[3, 41_000],
	[5, 161_000],
	[6, 301_000],
	[99, 301_000],
])("after %d failures in a row, the last at 1 s, the next start is tried at %d ms", (count, at) => {
	expect(nextStartAt({ count, lastAt: 1_000 })).toBe(at);
});
