import { describe, expect, test } from "vitest";
import { lastOf, type Phase } from "../testing/scaling.ts";

const none = { min: 0, idleMs: 300_000 } as const;
const last = { ready: 1 } as const;
const busy: Phase = { seconds: 1, load: { inFlight: 1 }, seen: last };

function quiet(seconds: number, seen: Phase["seen"] = {}, load: Phase["load"] = {}): Phase {
	return { seconds, load, seen: { ...last, ...seen } };
}

describe("the last one goes", () => {
	test("after so long without a request, and not before", () => {
		expect(lastOf(none, busy, quiet(300))).toMatchObject({ kind: "hold" });
		expect(lastOf(none, busy, quiet(302))).toMatchObject({
			kind: "down",
			by: 1,
			why: "no request for 300 s",
		});
	});

	test.each<readonly [string, Phase]>([
		["something is in flight, be it a WebSocket or a download", quiet(600, {}, { inFlight: 1, requests: 7 })],
		["requests wait in the queue", quiet(600, {}, { queued: 1 })],
		["another is there, whom load would take away first", quiet(302, { ready: 2 })],
		["it is not ready", quiet(302, { ready: 0, starting: 1 })],
		["it is unhealthy", quiet(302, { ready: 0, unhealthy: 1 })],
		["somebody waits for it", quiet(302, { held: 1 })],
		["a process that was replaced has something in flight", quiet(302, { elsewhere: 1 })],
		["nobody has asked what those processes have", quiet(302, { elsewhere: undefined })],
		["who asks next would not be held", quiet(302, { held: undefined })],
	])("but not while %s", (_, phase) => {
		expect(lastOf(none, busy, phase)).toMatchObject({ kind: "hold" });
	});

	test("a request that is over by the time of a sample counts as well", () => {
		const came = quiet(1, {}, { requests: 1_000 });
		expect(lastOf(none, busy, quiet(290), came, quiet(20, {}, { requests: 1_000 }))).toMatchObject({
			kind: "hold",
		});
	});

	test("the time that it was not there for, or that nobody has seen, does not count", () => {
		const absent = quiet(300, { ready: 0, starting: 1 });
		expect(lastOf(none, absent, quiet(10))).toMatchObject({ kind: "hold" });
		expect(lastOf(none, quiet(290), { seconds: 5, blind: true }, quiet(20))).toMatchObject({ kind: "hold" });
	});

	test("not where one at least is asked for, nor where none may be taken away", () => {
		expect(lastOf({ idleMs: 300_000 }, busy, quiet(400))).toMatchObject({ kind: "hold" });
		expect(lastOf({ ...none, mode: "up-only" }, busy, quiet(400))).toMatchObject({ kind: "hold" });
		expect(lastOf({ ...none, mode: "paused" }, busy, quiet(400))).toMatchObject({ kind: "hold" });
	});
});

describe("somebody comes back", () => {
	const nobody = { ready: 0 } as const;

	test("for whoever is held, also when nothing is known of the load", () => {
		const waited = { ...nobody, held: 50 };
		expect(lastOf(none, { seconds: 1, seen: waited })).toMatchObject({
			kind: "mend",
			by: 1,
			why: "50 held, and nobody there to answer",
		});
		expect(lastOf(none, { seconds: 5, blind: true, seen: waited })).toMatchObject({ kind: "mend", by: 1 });
	});

	test("one that drains is kept instead", () => {
		expect(lastOf(none, { seconds: 1, seen: { ...nobody, held: 1, draining: 1 } })).toMatchObject({
			kind: "un-drain",
			by: 1,
		});
	});

	test("once, while it is starting", () => {
		const starting = { ...nobody, starting: 1, held: 50 };
		expect(lastOf(none, { seconds: 1, seen: starting })).toMatchObject({ kind: "hold" });
	});

	test("and not for what was in flight lately", () => {
		const much: Phase = { seconds: 10, load: { inFlight: 30 }, seen: last };
		expect(lastOf(none, much, { seconds: 1, seen: nobody })).toMatchObject({ kind: "hold" });
	});

	test("but for that where nobody is held who asks now", () => {
		const much: Phase = { seconds: 10, load: { inFlight: 30 }, seen: last };
		expect(lastOf(none, much, { seconds: 1, seen: { ...nobody, held: undefined } })).toMatchObject({
			kind: "up",
		});
	});

	test("later and later where it fails", () => {
		const failed = { ...nobody, held: 1, failures: { count: 1, lastAt: 0 } };
		expect(lastOf(none, { seconds: 9, seen: failed })).toMatchObject({ kind: "hold" });
		expect(lastOf(none, { seconds: 11, seen: failed })).toMatchObject({ kind: "mend" });
	});
});
