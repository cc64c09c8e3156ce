import { expect, test } from "vitest";
import type { Hold } from "../model/fleet.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { willingReplicas } from "../testing/scaled-members.ts";
import type { InFlight, ScalerPorts } from "./ports.ts";
import { type Leaver, retire } from "./retire.ts";

const leaver: Leaver = {
	...{ id: "web-1", name: "web-1", pool: "nodes", server: "web-1-server", startedAt: "" },
	...{ drainMs: 10_000, stopTimeout: 7, isClone: true, isLast: false, isBound: false },
};
const idle: InFlight = { state: "drained", open: 0, queued: 0, served: 0 };
/** HAProxy does not answer. */
const silent: InFlight = { ...idle };

function retiring(
	over: Partial<Leaver> = {},
	replicas: Partial<ScalerPorts["replicas"]> = {},
	inFlight: InFlight = idle,
) {
	const clock = createFakeClock();
	const ends = new AbortController();
	const calls: string[] = [];
	const now = { inFlight, isKept: false, isFast: true };
	const end = retire(
		{ ...leaver, ...over },
		{
			hold: (_, hold: Hold | undefined) => void calls.push(hold ?? "ready"),
			inFlight: async () => {
				if (now.inFlight === silent) throw new Error("no answer");
				const isOut = calls.at(-1) === "maint" && now.isFast;
				return isOut ? { ...now.inFlight, state: "out" } : now.inFlight;
			},
			replicas: willingReplicas(calls, replicas),
		},
		clock,
		{ isKept: () => now.isKept, tooLate: () => void calls.push("too late") },
		ends.signal,
	);
	end.catch(() => undefined);
	return { clock, ends, calls, now, end };
}

const gone = ["maint", "too late", "stop web-1 within 7 s", "remove web-1"];

test("one with nothing in flight goes at once, and stays held", async () => {
	const { calls, end } = retiring();
	expect(await end).toEqual({ kind: "gone" });
	expect(calls).toEqual(["drain", ...gone]);
});

test("an original is stopped, and never removed", async () => {
	const { calls, end } = retiring({ isClone: false });
	await end;
	expect(calls).not.toContain("remove web-1");
});

test.each([
	["what it has in flight", { ...idle, open: 1 }],
	["what waits for it", { ...idle, queued: 1 }],
	["the drain to have taken effect", { ...idle, state: "open" }],
	["a HAProxy that does not answer", silent],
] as const)("%s is waited for, until the deadline", async (_, inFlight) => {
	const soon = retiring({}, {}, inFlight);
	await soon.clock.advance(9_000);
	expect(soon.calls).toEqual(["drain"]);
	soon.now.inFlight = idle;
	await soon.clock.advance(100);
	expect(soon.calls).toEqual(["drain", ...gone]);

	const late = retiring({}, {}, inFlight);
	await late.clock.advance(9_900);
	expect(late.calls).toEqual(["drain"]);
	await late.clock.advance(100);
	expect(late.calls).toEqual(["drain", ...gone]);
});

test("clients that are bound to it are kept away before it is told to stop", async () => {
	const { clock, calls, now } = retiring({}, {}, { ...idle, open: 1 });
	now.isFast = false;
	now.inFlight = idle;
	await clock.advance(1_000);
	expect(calls).toEqual(["drain", "maint"]);
	now.isFast = true;
	await clock.advance(100);
	expect(calls).toEqual(["drain", ...gone]);
});

test("one that is kept gets requests again, and nothing happens to it", async () => {
	const { clock, calls, now, end } = retiring({}, {}, { ...idle, open: 1 });
	await clock.advance(1_000);
	now.isKept = true;
	await clock.advance(100);
	expect(await end).toEqual({ kind: "kept" });
	expect(calls).toEqual(["drain", "ready"]);
});

test("one that clients are bound to waits for a pause of theirs, until the deadline", async () => {
	const { clock, calls, now } = retiring({ isBound: true, drainMs: 30_000 });
	for (let n = 1; n <= 5; n += 1) {
		now.inFlight = { ...idle, served: n };
		await clock.advance(2_000);
	}
	expect(calls).toEqual(["drain"]);
	await clock.advance(10_000);
	expect(calls).toEqual(["drain", ...gone]);

	const busy = retiring({ isBound: true, drainMs: 15_000 });
	for (let n = 1; n <= 8; n += 1) {
		busy.now.inFlight = { ...idle, served: n };
		await busy.clock.advance(2_000);
	}
	expect(busy.calls).toEqual(["drain", ...gone]);
});

test("the last one of its pool stays, where something is in flight there still", async () => {
	const { clock, calls, end } = retiring({ isLast: true }, {}, { ...idle, open: 1 });
	await clock.advance(11_000);
	expect(await end).toEqual({ kind: "kept" });
	expect(calls).toEqual(["drain", "maint", "ready"]);
});

test("one that can't be stopped gets requests again", async () => {
	const { calls, end } = retiring({}, { stop: async () => Promise.reject(new Error("hung")) });
	await expect(end).rejects.toThrow("hung");
	expect(calls).toEqual(["drain", "maint", "too late", "ready"]);
});

test.each(["stop", "remove"] as const)("an engine that lets nobody %s it is no success", async (verb) => {
	const { end } = retiring({}, { [verb]: async () => ({ kind: "denied", message: "no" }) });
	expect(await end).toEqual({ kind: "denied", message: "no" });
});

test("it ends with the controller, and holds nobody any more", async () => {
	const { clock, ends, calls, end } = retiring({}, {}, { ...idle, open: 1 });
	await clock.advance(1_000);
	ends.abort();
	await expect(end).rejects.toThrow();
	expect(calls).toEqual(["drain", "ready"]);
});
