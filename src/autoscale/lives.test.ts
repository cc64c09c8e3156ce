import { expect, test } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { cloned, original } from "../testing/scaled-members.ts";
import { createEnds } from "./ends.ts";
import { createLives } from "./lives.ts";

const [web, one] = [original("web"), cloned(1)];
const { id, name } = one.container;
const starting = { ...one, server: undefined };

function lives() {
	const clock = createFakeClock(0);
	const ends = createEnds(clock);
	const its = createLives(ends);
	const heard = (...actions: readonly string[]) => {
		for (const action of actions) ends.note({ containerId: id, action });
	};
	return { ...its, ends, heard };
}

const nothing = { ready: [], failed: [], parked: 0 };

test("what a clone took from its start until it was a server is measured, once", () => {
	const { look, started, unseen } = lives();
	started({ id: id, name: name }, true, 1_000);
	expect(unseen()).toEqual([name]);
	expect(look([web, starting], 60_000, 2_000)).toEqual(nothing);
	expect(unseen()).toEqual([]);

	expect(look([web, one], 60_000, 8_000)).toEqual({ ...nothing, ready: [7_000] });
	expect(look([web, one], 60_000, 9_000)).toEqual(nothing);
});

test("of one that was found there is nothing to measure, and nothing of an original", () => {
	const { look } = lives();
	expect(look([{ ...web, server: undefined }, one], 60_000, 1_000)).toEqual(nothing);
	expect(look([web, one], 60_000, 2_000)).toEqual(nothing);
});

test("a clone that is late has failed early, and one that was ready is never late", () => {
	const { look } = lives();
	look([starting, cloned(2)], 5_000, 0);
	expect(look([starting, cloned(2, { server: undefined })], 5_000, 5_000)).toEqual(nothing);
	expect(look([starting, cloned(2, { server: undefined })], 5_000, 5_001)).toEqual({
		...nothing,
		failed: [{ id, name, isClone: true, early: true }],
	});
});

test("an original may take as long as it likes", () => {
	const { look } = lives();
	look([{ ...web, server: undefined }], 5_000, 0);
	expect(look([{ ...web, server: undefined }], 5_000, 600_000)).toEqual(nothing);
});

test("one that was started and is never seen is late as well", () => {
	const { look, started } = lives();
	started({ id: id, name: name }, true, 0);
	expect(look([web], 5_000, 5_000)).toEqual(nothing);
	expect(look([web], 5_000, 5_001).failed).toEqual([{ id, name, isClone: true, early: true }]);
});

test("one that has ended before it was seen has failed, and is not waited for", () => {
	const { look, started, heard, unseen } = lives();
	started({ id: id, name: name }, true, 0);
	heard("start", "die");
	expect(look([web], 60_000, 1).failed).toEqual([{ id, name, isClone: true, early: true }]);
	expect(unseen()).toEqual([]);
});

test("a clone that ends after it was ready has failed, and not early; an original is not ours to count", () => {
	const { look } = lives();
	look([web, one], 60_000, 0);
	expect(look([], 60_000, 1)).toEqual({ ...nothing, failed: [{ id, name, isClone: true, early: false }] });
	expect(look([], 60_000, 2)).toEqual(nothing);
});

test.each([
	["we have started has never been ready", true, 1],
	["was found may have been ready before", false, 0],
])("a clone that fails and that %s", (_, isOurs, failed) => {
	const { look, started } = lives();
	if (isOurs) started({ id: id, name: name }, true, 0);
	look([{ ...starting, failed: true }], 5_000, 0);
	expect(look([{ ...starting, failed: true }], 5_000, 5_001).failed).toHaveLength(failed);
});

test("what a person stops is missing by their wish, until it is back or that is forgiven", () => {
	const { look, heard, forgive } = lives();
	look([web, one], 60_000, 0);
	heard("kill", "die", "stop");
	expect(look([web], 60_000, 1)).toEqual({ ...nothing, parked: 1 });
	expect(look([web, one], 60_000, 2)).toEqual(nothing);
	expect(look([web], 60_000, 3)).toEqual({ ...nothing, parked: 1 });
	forgive();
	expect(look([web], 60_000, 4)).toEqual(nothing);
});

test("so is what may be stopped by a person, as long as that can't be told", () => {
	const { look, heard } = lives();
	look([web, one], 60_000, 0);
	heard("kill");
	expect(look([web], 60_000, 1)).toEqual({ ...nothing, parked: 1 });
});

test("who was there is known to the next controller, but for those that never were ready", () => {
	const { look, started, kept } = lives();
	started({ id: id, name: name }, true, 0);
	look([web, starting, cloned(2)], 60_000, 1);
	const [ended] = kept().members.slice(-1);
	expect(kept().members.map((member) => member.name)).toEqual(["web", "web-scale-2"]);

	const clock = createFakeClock(0);
	const next = createLives(createEnds(clock), { ...kept(), parked: [id] });
	expect(next.look([web], 60_000, 2)).toEqual({
		...nothing,
		failed: [{ id: ended?.id, name: "web-scale-2", isClone: true, early: false }],
		parked: 1,
	});
	expect(next.look([web, one], 60_000, 3).parked).toBe(0);
});

test("another original is asked for anew, whatever was stopped before", () => {
	const { look, heard } = lives();
	look([web, one], 60_000, 0);
	heard("kill", "die", "stop");
	expect(look([original("web2")], 60_000, 1)).toEqual(nothing);
});

test("what we have taken away is missed by nobody, though a late pass has it still", () => {
	const { look, ends, heard, retired } = lives();
	look([web, one], 60_000, 0);
	ends.ours(id);
	heard("kill", "die", "stop", "destroy");
	retired(id);
	expect(look([web, one], 60_000, 1)).toEqual(nothing);
	expect(look([web], 60_000, 2)).toEqual(nothing);
});

test("an original that we have started is measured, and has failed where it ends before it was ready", () => {
	const { look, started, heard } = lives();
	const woken = { ...one, clone: undefined };
	started({ id, name }, false, 1_000);
	look([web, { ...woken, server: undefined }], 60_000, 2_000);
	expect(look([web, woken], 60_000, 4_000)).toEqual({ ...nothing, ready: [3_000] });
	heard("die");
	expect(look([web], 60_000, 5_000)).toEqual(nothing);

	const again = lives();
	again.started({ id, name }, false, 0);
	again.heard("die");
	expect(again.look([web], 60_000, 1_000)).toEqual({
		...nothing,
		failed: [{ id, name, isClone: false, early: true }],
	});
});
