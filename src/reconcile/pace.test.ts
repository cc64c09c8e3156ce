import { expect, test } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createPace } from "./pace.ts";

test("the first reload need not wait", () => {
	expect(createPace(createFakeClock()).wait()).toBe(0);
});

test("the rest doubles with each reload that fails in a row, until one succeeds", () => {
	const pace = createPace(createFakeClock());
	const rests = [pace.failed, pace.failed, pace.failed, () => pace.reloaded(0), pace.failed].map((end) => {
		end();
		return pace.wait();
	});

	expect(rests).toEqual([100, 200, 400, 100, 100]);
});

test.each([
	[0, 100],
	[1, 200],
	[3, 800],
	[50, 10_000],
])("after a reload that leaves %i processes behind, the next one waits for %i ms", async (old, rest) => {
	const clock = createFakeClock();
	const pace = createPace(clock);
	pace.reloaded(old);
	expect(pace.wait()).toBe(rest);
	await clock.advance(rest);

	expect(pace.wait()).toBe(0);
});
