import { expect, test } from "vitest";
import { createFakeClock, settled } from "../testing/fake-clock.ts";
import { createDoorbell } from "./doorbell.ts";

const { signal } = new AbortController();

function resting(until: AbortSignal = signal) {
	const clock = createFakeClock();
	const bell = createDoorbell(clock);
	const state = { isOver: false };
	void bell.rest(250, until).then(() => {
		state.isOver = true;
	});
	return { clock, bell, state };
}

test("a rest ends with its time, with a ring, or with the controller", async () => {
	const timely = resting();
	await timely.clock.advance(249);
	expect(timely.state.isOver).toBe(false);
	await timely.clock.advance(1);
	expect(timely.state.isOver).toBe(true);

	const rung = resting();
	rung.bell.ring();
	await settled();
	expect([rung.state.isOver, rung.clock.sleeping()]).toEqual([true, 0]);

	const ends = new AbortController();
	const ended = resting(ends.signal);
	ends.abort();
	await settled();
	expect(ended.state.isOver).toBe(true);
});

test("a ring that nobody rests for ends the next rest, and that one alone", async () => {
	const clock = createFakeClock();
	const bell = createDoorbell(clock);
	bell.ring();
	await bell.rest(250, signal);
	void bell.rest(250, signal);
	await settled();
	expect(clock.sleeping()).toBe(1);
});

test("it counts as rung until somebody answers", () => {
	const bell = createDoorbell(createFakeClock());
	bell.ring();
	expect(bell.isRung()).toBe(true);
	bell.answer();
	expect(bell.isRung()).toBe(false);
});
