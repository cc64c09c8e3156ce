import { describe, expect, test } from "vitest";
import { begun, during, lastOf, observation, sample } from "../testing/scaling.ts";
import { decide, noMemory } from "./scale.ts";

/** The first second is not seen as a whole yet, so nothing is done. */
const busy = (inFlight: number, seconds = 2) => ({ seconds, load: { inFlight } });

describe("more", () => {
	test.each([
		[22, "hold", 0, "2 are as many as are wanted"],
		[23, "up", 1, "23 in flight want 3 at 10 each"],
		[39, "up", 2, "39 in flight want 4 at 10 each"],
		[75, "up", 6, "75 in flight want 8 at 10 each"],
		[200, "up", 6, "200 in flight want 20 at 10 each"],
	] as const)("%d in flight at two containers of 10: %s by %d", (inFlight, kind, by, why) => {
		expect(lastOf({}, busy(inFlight))).toMatchObject({ kind, by, why });
	});

	test("what a queue needs besides, to be gone within a second, counts", () => {
		const decision = lastOf({}, { seconds: 2, load: { inFlight: 20, queued: 100 } });

		expect(decision).toMatchObject({ kind: "up", by: 1, why: "30 in flight want 3 at 10 each" });
	});

	test.each([
		["rps", { rps: 100 }, { inFlight: 1, requests: undefined }, 219, "hold"],
		["rps", { rps: 100 }, { inFlight: 1, requests: undefined }, 221, "up"],
	] as const)("%s has the same tolerance, in its own measure", (_, policy, load, perSecond, kind) => {
		const samples = Array.from({ length: 40 }, (_, index) =>
			sample({ ...load, at: (index + 1) * 250, requests: (perSecond * (index + 1)) / 4, responseMs: 1 }),
		);

		expect(
			decide({ ...begun(policy).policy }, noMemory, observation({ now: 10_000, samples })).decision.kind,
		).toBe(kind);
	});

	test("what a rate wants is not doubted because no more is answered: as many requests come whatever is added", () => {
		const steady = [2, 16, 20].map((seconds, index) => ({
			...busy(10, seconds),
			seen: { ready: index + 1, measuredReadyMs: 1_000, canStart: 1 },
		}));

		const decision = lastOf({ target: 100, rps: 10 }, ...steady);
		expect(decision.demand?.want).toBe(10);
		expect(decision).toMatchObject({ brakeUntil: undefined, doubted: false });
	});

	test.each([
		[0.76, "hold"],
		[0.78, "up"],
	] as const)("processors that are used to %d of their limit, at 0.7: %s", (cpu, kind) => {
		expect(lastOf({ cpu: 0.7 }, { seconds: 2, load: { cpu } }).kind).toBe(kind);
	});

	test("those that are starting already are not asked for again", () => {
		expect(lastOf({}, { ...busy(39), seen: { starting: 2 } }).kind).toBe("hold");
	});

	test("those that are going come back before any is made, even where a start would not be allowed", () => {
		const seen = { draining: 1, canStart: 0, failures: { count: 3, lastAt: 0 } };

		expect(lastOf({}, { ...busy(39), seen })).toMatchObject({ kind: "un-drain", by: 1 });
	});

	test("a pool doubles within 15 s at most, or gets four more", () => {
		const first = during(begun({ max: 20 }), { ...busy(109), seen: { ready: 6 } });
		const second = during(first, { ...busy(160, 1), seen: { ready: 11 } });
		const third = during(second, { ...busy(190, 1), seen: { ready: 12 } });

		expect(third.decisions.slice(1).map(({ kind, by }) => [kind, by])).toEqual([
			["up", 5],
			["up", 1],
			["hold", 0],
		]);
		expect(third.decisions.at(-1)?.why).toContain("a pool doubles within 15 s at most");
	});

	test("that does not hold where twice what is there is wanted", () => {
		expect(lastOf({ max: 50 }, { ...busy(300), seen: { ready: 4 } })).toMatchObject({ kind: "up", by: 26 });
	});

	test("no more than max, the unhealthy ones included", () => {
		expect(lastOf({ max: 4 }, { ...busy(90), seen: { ready: 3, unhealthy: 1 } })).toMatchObject({
			kind: "hold",
			why: "90 in flight want 9 at 10 each, and 4 are the most",
		});
	});

	test("those that a person has drained are there, and share no load", () => {
		const seen = { ready: 2, aside: 4 };
		expect(lastOf({ max: 8 }, { ...busy(80), seen })).toMatchObject({ kind: "up", by: 2 });
		expect(lastOf({ min: 6, max: 8 }, { seconds: 2, seen })).toMatchObject({ kind: "hold", present: 6 });
		expect(lastOf({ min: 7, max: 8 }, { seconds: 1, seen })).toMatchObject({ kind: "mend", by: 1 });
	});

	test("no more than the host can bear", () => {
		expect(lastOf({}, { ...busy(39), seen: { canStart: 1 } }).by).toBe(1);
		const room = "100 MiB of memory are free, and 512 are kept";
		const { why } = lastOf({}, { ...busy(39), seen: { canStart: 0, room } });
		expect(why).toBe(`39 in flight want 4 at 10 each, and none can be started now: ${room}`);
	});
});

describe("fewer", () => {
	const four = { ready: 4 };

	test("only after they have been enough for the whole window", () => {
		const run = during(begun(), { seconds: 61, load: { inFlight: 15 }, seen: four });

		expect(run.decisions.slice(0, 60).every(({ kind }) => kind === "hold")).toBe(true);
		expect(run.decisions.at(-1)).toMatchObject({
			kind: "down",
			by: 2,
			why: "2 have been enough for 60 s",
		});
	});

	test("one moment of load keeps them for another window", () => {
		const quiet = { seconds: 50, load: { inFlight: 5 }, seen: four };
		const run = [quiet, { ...busy(40, 6), seen: four }, quiet].reduce(during, begun());

		expect(new Set(run.decisions.map(({ kind }) => kind))).toEqual(new Set(["hold"]));
	});

	test("a pool halves within 15 s at most", () => {
		const run = during(begun({ max: 20 }), { seconds: 61, seen: { ready: 9 } });
		const after = during(run, { seconds: 15, seen: { ready: 5 } });

		expect(run.decisions.at(-1)).toMatchObject({ kind: "down", by: 4 });
		expect(after.decisions.slice(61, 75).every(({ kind }) => kind === "hold")).toBe(true);
		expect(after.decisions.at(-1)).toMatchObject({ kind: "down", by: 2 });
	});

	test("those that remain have something to spare", () => {
		expect(lastOf({}, { seconds: 61, load: { inFlight: 19 }, seen: four }).by).toBe(1);
		expect(lastOf({}, { seconds: 61, load: { inFlight: 29 }, seen: four })).toMatchObject({
			kind: "hold",
			why: "3 have been enough for 60 s, but the load of now is 2.9 containers' work",
		});
	});

	test("not while requests are queued, and not while what they use of the processors is unknown", () => {
		expect(lastOf({}, { seconds: 90, load: { queued: 0.01 }, seen: four }).why).toContain("are queued");
		expect(lastOf({ cpu: 0.7 }, { seconds: 90, seen: four }).why).toContain("is not known");
	});

	test("not within a minute of need; a queue time without a queue is an old one", () => {
		const past = { seconds: 61, load: { queueMs: 500 }, seen: four };
		const need = { seconds: 1, load: { queueMs: 500, queued: 0.01 }, seen: four };

		expect(lastOf({}, past).kind).toBe("down");
		expect(lastOf({}, past, need, { seconds: 59, seen: four }).why).toMatch(/there was need \d+ s ago/);
	});

	test("the slower they start, the longer they are kept; a label says otherwise", () => {
		const seen = { ...four, measuredReadyMs: 20_000 };

		expect(lastOf({}, { seconds: 200, seen }).kind).toBe("hold");
		expect(lastOf({}, { seconds: 201, seen }).kind).toBe("down");
		expect(lastOf({ downAfterMs: 10_000 }, { seconds: 11, seen }).kind).toBe("down");
	});
});

describe("what is not known", () => {
	const quiet = { seconds: 100, seen: { ready: 4 } };

	test.each([
		["no samples", { ...quiet, blind: true, seconds: 4 }, "no sample within 3 s"],
		["a rollout", { seconds: 1, seen: { ready: 4, rolloutUnderWay: true } }, "a rollout is under way"],
		["most are unhealthy", { seconds: 1, seen: { ready: 1, unhealthy: 3 } }, "3 of 4 are unhealthy"],
	] as const)("%s: nothing is changed by load", (_, phase, why) => {
		expect(lastOf({}, quiet, phase)).toMatchObject({ kind: "hold", why });
		expect(lastOf({}, quiet, { ...phase, load: { inFlight: 90 } })).toMatchObject({ kind: "hold", why });
	});

	test("after a gap in the samples, a whole window has to be seen again", () => {
		const run = during(during(begun(), quiet), { seconds: 5, blind: true, seen: { ready: 4 } });

		expect(during(run, { ...quiet, seconds: 60 }).decisions.at(-1)?.kind).toBe("hold");
		expect(during(run, { ...quiet, seconds: 61 }).decisions.at(-1)?.kind).toBe("down");
	});
});

describe("bounds and people", () => {
	const failures = { count: 2, lastAt: 0 };

	test("below min is mended at once: without samples, in a rollout, with most unhealthy", () => {
		const seen = { ready: 0, unhealthy: 1, rolloutUnderWay: true };

		expect(lastOf({ min: 3 }, { seconds: 1, blind: true, seen })).toMatchObject({ kind: "mend", by: 2 });
	});

	test("a start that failed is not tried again at once; three freeze all but min", () => {
		const seen = { ready: 1, failures };
		expect(lastOf({ min: 2 }, { seconds: 19, seen })).toMatchObject({
			kind: "hold",
			why: "1 of at least 2 are there, and the last 2 failed: next in 1 s",
		});
		expect(lastOf({ min: 2 }, { seconds: 20, seen }).kind).toBe("mend");

		const frozen = { ready: 2, failures: { count: 3, lastAt: 0 } };
		expect(lastOf({}, { ...busy(39, 99), seen: frozen }).why).toContain("3 starts in a row failed");
		expect(lastOf({ min: 3 }, { seconds: 41, seen: frozen }).kind).toBe("mend");
	});

	test("above max they go, whatever the load", () => {
		expect(lastOf({ max: 3 }, { ...busy(80), seconds: 1, seen: { ready: 6 } })).toMatchObject({
			kind: "down",
			by: 3,
			why: "6 of at most 3 are there",
		});
	});

	test("the last one stays, even with a min of 0; with none there, only held requests make one", () => {
		expect(lastOf({ min: 0 }, { seconds: 99, seen: { ready: 1 } }).kind).toBe("hold");
		expect(lastOf({ min: 0 }, { seconds: 99, seen: { ready: 0 } }).kind).toBe("hold");
		expect(lastOf({ min: 0 }, { seconds: 1, seen: { ready: 0, held: 3 } })).toMatchObject({
			kind: "mend",
			by: 1,
		});
	});

	test("paused changes nothing; up-only takes none away; advice is marked, and binds nobody", () => {
		expect(lastOf({ mode: "paused", min: 4 }, busy(80)).kind).toBe("hold");
		expect(lastOf({ mode: "up-only" }, { seconds: 99, seen: { ready: 4 } }).kind).toBe("hold");
		expect(lastOf({ mode: "up-only" }, busy(39)).kind).toBe("up");

		const advised = during(begun({ mode: "advise" }), busy(39));
		expect(advised.decisions.at(-1)).toMatchObject({ kind: "up", by: 2, advice: true });
		expect(advised.memory.changes).toEqual([]);
	});
});
