import { describe, expect, test } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createEnds } from "./ends.ts";

function heard(...actions: readonly string[]) {
	const clock = createFakeClock();
	const ends = createEnds(clock);
	const note = (action: string) => ends.note({ containerId: "web", action });
	actions.forEach(note);
	return { clock, ends, note };
}

test.each([
	["docker stop", ["kill", "die", "stop"], "wanted", "wanted"],
	["docker stop that has to kill", ["kill", "kill", "die", "stop"], "wanted", "wanted"],
	["docker stop of one that takes its time", ["kill"], "unknown", "unknown"],
	["docker rm --force", ["kill", "die", "destroy"], "wanted", "wanted"],
	["docker kill", ["kill", "die"], "unknown", "failed"],
	["a crash", ["die"], "failed", "failed"],
	["a lack of memory", ["oom", "die"], "failed", "failed"],
	["a crash of one run with --rm", ["die", "destroy"], "failed", "failed"],
	["docker restart", ["kill", "die", "stop", "start", "restart"], "failed", "failed"],
	["a crash after a restart", ["kill", "die", "stop", "start", "die"], "failed", "failed"],
	["nothing that was heard of", [], "failed", "failed"],
] as const)("%s: an end that is seen then, and a second later", async (_, actions, then, later) => {
	const { ends, clock } = heard(...actions);

	expect(ends.of("web")).toBe(then);
	await clock.advance(1_000);
	expect(ends.of("web")).toBe(later);
});

test("one that was told to stop and is never heard of again has failed in the end", async () => {
	const { ends, clock } = heard("kill");
	await clock.advance(599_999);
	expect(ends.of("web")).toBe("unknown");
	await clock.advance(1);
	expect(ends.of("web")).toBe("failed");
});

test("our own doing is wanted, until it is started again or stays after all", () => {
	const { ends, note } = heard();
	ends.ours("web");
	expect([ends.of("web"), ends.isOurs("web")]).toEqual(["wanted", true]);
	ends.notOurs("web");
	expect([ends.of("web"), ends.isOurs("web")]).toEqual(["failed", false]);

	ends.ours("web");
	note("die");
	note("start");
	expect([ends.of("web"), ends.isOurs("web")]).toEqual(["failed", false]);
});

test("whether one has ended, and is gone, is known until it starts again", () => {
	const { ends, note } = heard("die");
	expect([ends.hasEnded("web"), ends.isRemoved("web")]).toEqual([true, false]);
	note("destroy");
	expect(ends.isRemoved("web")).toBe(true);
	note("start");
	expect([ends.hasEnded("web"), ends.isRemoved("web")]).toEqual([false, false]);
});

test("what is gone for ten minutes is forgotten, what still exists is not", async () => {
	const { ends, clock, note } = heard("kill", "die", "destroy");
	ends.ours("web");
	ends.note({ containerId: "api", action: "stop" });
	await clock.advance(599_000);
	ends.note({ containerId: "other", action: "destroy" });
	expect(ends.isRemoved("web")).toBe(true);

	await clock.advance(1_000);
	ends.note({ containerId: "another", action: "destroy" });
	expect([ends.isRemoved("web"), ends.isOurs("web")]).toEqual([false, false]);
	expect(ends.isRemoved("other")).toBe(true);
	expect(ends.of("api")).toBe("wanted");
	note("start");
});

test("an end that nobody heard of is uncertain until what was missed has been told", async () => {
	const { ends, clock, note } = heard();
	ends.follows(false);
	expect(ends.of("web")).toBe("unknown");
	await clock.advance(5_000);
	ends.follows(true);
	expect(ends.of("web")).toBe("unknown");
	note("kill");
	note("die");
	note("stop");
	expect(ends.of("web")).toBe("wanted");
	expect(ends.isDue()).toBe(false);
	await clock.advance(1_000);
	expect([ends.of("api"), ends.isDue(), ends.isUnheard("api")]).toEqual(["unknown", true, true]);
	ends.settle();
	expect([ends.of("api"), ends.isDue(), ends.isUnheard("web")]).toEqual(["failed", false, false]);
});

test("where events can't be followed, ends that nobody heard of are asked after ten seconds later", async () => {
	const { ends, clock } = heard();
	ends.follows(false);
	await clock.advance(9_999);
	ends.follows(false);
	expect(ends.isDue()).toBe(false);
	await clock.advance(1);
	expect(ends.isDue()).toBe(true);
});

describe("what an earlier controller has known", () => {
	const before = { heardUntil: 1, stopped: ["web"], ours: ["api", "db"] };
	const later = () => {
		const clock = createFakeClock();
		return { clock, ends: createEnds(clock, before) };
	};

	test("is known on: a wish, and what it was taking away", () => {
		const { ends } = later();
		expect([ends.of("web"), ends.of("other")]).toEqual(["wanted", "unknown"]);
		expect([ends.isOurs("api"), ends.wasOurs("api"), ends.isOurs("web")]).toEqual([true, true, false]);
		expect(ends.kept()).toEqual(before);
	});

	test("of what it was taking away, what a person stops later is that person's", async () => {
		const { ends, clock } = later();
		ends.follows(true);
		ends.note({ containerId: "api", action: "kill" });
		await clock.advance(1_000);
		ends.note({ containerId: "db", action: "kill" });
		expect([ends.isOurs("api"), ends.isOurs("db")]).toEqual([true, false]);
	});

	test("is over with a start, or with the container", () => {
		const { ends } = later();
		ends.note({ containerId: "web", action: "start", at: 2 });
		ends.note({ containerId: "api", action: "destroy", at: 3 });
		expect(ends.kept()).toEqual({ heardUntil: 3, stopped: [], ours: ["db"] });
	});
});

test("one that was heard to end is a failure at once, whatever else was missed", () => {
	const { ends, note } = heard();
	ends.follows(true);
	note("die");
	expect(ends.of("web")).toBe("failed");
});
