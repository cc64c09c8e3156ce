import { expect, test } from "vitest";
import { begun, during, lastOf } from "../testing/scaling.ts";

/* When some are taken away, and when not yet. */

const busy = (inFlight: number, seconds = 2) => ({ seconds, load: { inFlight } });

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

test("one moment of load keeps one too many for another window, and more for three starts", () => {
	const quiet = { load: { inFlight: 5 }, seen: four };
	const busyAfterQuiet = [
		{ ...quiet, seconds: 61 },
		{ ...busy(40, 6), seen: four },
	] as const;
	const kept = (ready: number, seconds: number) =>
		lastOf({}, ...busyAfterQuiet, { ...quiet, seconds, seen: { ready } });

	expect(kept(4, 22)).toMatchObject({ kind: "hold" });
	expect(kept(4, 23)).toMatchObject({ kind: "down", why: "3 have been enough for 20 s" });
	expect(kept(2, 84)).toMatchObject({ kind: "hold" });
	expect(kept(2, 85)).toMatchObject({ kind: "down", by: 1, why: "1 have been enough for 60 s" });
});

test("where a label says for how long, it says so of all", () => {
	const quiet = { seconds: 61, load: { inFlight: 5 }, seen: four };
	const moment = { ...busy(40, 6), seen: four };

	expect(lastOf({ downAfterMs: 60_000 }, quiet, moment, { ...quiet, seconds: 59 }).kind).toBe("hold");
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

test("not within three starts of need; a queue time without a queue is an old one", () => {
	const past = { seconds: 61, load: { queueMs: 500 }, seen: four };
	const need = { seconds: 1, load: { queueMs: 500, queued: 0.01 }, seen: four };

	expect(lastOf({}, past).kind).toBe("down");
	expect(lastOf({}, past, need, { seconds: 23, seen: four }).why).toMatch(
		/there was need, which keeps them for 1 s more/,
	);
});

test("after a need they stay for as long where a label says how long they stay else", () => {
	const need = { seconds: 10, load: { queueMs: 500, queued: 0.01 }, seen: four };

	expect(lastOf({ downAfterMs: 5_000 }, need, { seconds: 8, seen: four }).why).toContain("there was need");
});

test("after a need of those that start slowly, a minute is enough", () => {
	const seen = { ...four, measuredReadyMs: 30_000 };
	const past = { seconds: 301, load: { queueMs: 500 }, seen };
	const need = { seconds: 1, load: { queueMs: 500, queued: 0.01 }, seen };

	expect(lastOf({}, past, need, { seconds: 63, seen }).why).toContain("for 1 s more");
});

test("the slower they start, the longer they are kept; a label says otherwise", () => {
	const seen = { ...four, measuredReadyMs: 20_000 };

	expect(lastOf({}, { seconds: 200, seen }).kind).toBe("hold");
	expect(lastOf({}, { seconds: 201, seen }).kind).toBe("down");
	expect(lastOf({ downAfterMs: 10_000 }, { seconds: 11, seen }).kind).toBe("down");
});
