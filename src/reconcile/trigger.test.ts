import { expect, test } from "vitest";
import { createFakeClock, settled } from "../testing/fake-clock.ts";
import type { Hints } from "./ports.ts";
import { createTrigger } from "./trigger.ts";

const idle = 10_000;

function setUp() {
	const clock = createFakeClock();
	const end = new AbortController();
	const trigger = createTrigger(clock, idle);
	const answers: { readonly hints: Hints; readonly after: number }[] = [];
	async function next(rest = 0): Promise<void> {
		const asked = clock.now();
		const hints = await trigger.next({ rest, within: Number.POSITIVE_INFINITY }, end.signal);
		answers.push({ hints, after: clock.now() - asked });
	}
	return { clock, end, trigger, answers, next };
}

test("promise 3: the first hint is handed out at once", async () => {
	const { clock, trigger, answers, next } = setUp();
	const asked = next();
	await clock.advance(1_234);
	expect(answers).toEqual([]);

	trigger.hint({ container: "a" });
	await asked;

	expect(answers).toEqual([
		{ hints: { all: false, containers: new Set(["a"]), urgent: false, look: false }, after: 1_234 },
	]);
});

test("promise 3: hints that came during a pass are handed out together, once", async () => {
	const { clock, trigger, answers, next } = setUp();
	for (const container of ["a", "b", "a"]) trigger.hint({ container });
	trigger.hint({ all: true });
	trigger.hint({});

	await next();
	const again = next();
	await clock.advance(idle - 1);
	expect(answers.map(({ hints }) => hints)).toEqual([
		{ all: true, containers: new Set(["a", "b"]), urgent: false, look: true },
	]);

	await clock.advance(1);
	await again;
	expect(answers[1]).toEqual({
		hints: { all: false, containers: new Set(), urgent: false, look: true },
		after: idle,
	});
});

test("promise 6: where hints keep coming, HAProxy is looked at every ten seconds all the same, and nobody who leaves waits for it", async () => {
	const { clock, trigger, answers, next } = setUp();
	for (let second = 1; second <= 22; second += 1) {
		const asked = next();
		await clock.advance(1_000);
		trigger.hint({ container: "a", urgent: second === 10 });
		await asked;
	}

	const looks = answers.flatMap(({ hints }, at) => (hints.look ? [at + 1] : []));
	expect(looks).toEqual([11, 21]);
});

test("promise 3: a burst after a costly pass waits for the rest of its rest, and becomes one", async () => {
	const { clock, trigger, answers, next } = setUp();
	const asked = next(100);
	for (const container of ["a", "b", "c"]) {
		await clock.advance(20);
		trigger.hint({ container });
	}
	await clock.advance(39);
	expect(answers).toEqual([]);

	await clock.advance(1);
	await asked;
	expect(answers).toEqual([
		{ hints: { all: false, containers: new Set(["a", "b", "c"]), urgent: false, look: false }, after: 100 },
	]);
});

test("promise 3: a stream of hints that never ends does not put a pass off", async () => {
	const { clock, trigger, answers, next } = setUp();
	const asked = next(100);
	for (let at = 0; at < 200 && answers.length === 0; at += 5) {
		trigger.hint({ container: `${at}` });
		await clock.advance(5);
	}
	await asked;

	expect(answers[0]?.after).toBe(100);
});

test("promise 3: what leaves never waits, whether it comes first, during the rest, or with others", async () => {
	const { clock, trigger, answers, next } = setUp();
	trigger.hint({ container: "a", urgent: true });
	await next(100);

	const asked = next(100);
	await clock.advance(10);
	trigger.hint({ container: "b" });
	await clock.advance(10);
	trigger.hint({ container: "c", urgent: true });
	trigger.hint({ container: "d" });
	await asked;

	expect(answers.map(({ after }) => after)).toEqual([0, 20]);
	expect(answers[1]?.hints.containers).toEqual(new Set(["b", "c", "d"]));
});

test("an urgent hint hurries one pass, not the next", async () => {
	const { clock, trigger, answers, next } = setUp();
	trigger.hint({ urgent: true });
	await next();
	trigger.hint({});
	const asked = next(100);
	await clock.advance(99);
	expect(answers).toHaveLength(1);
	await clock.advance(1);
	await asked;

	expect(answers[1]?.after).toBe(100);
});

test("a hint after the rest is over is handed out at once", async () => {
	const { clock, trigger, answers, next } = setUp();
	const asked = next(100);
	await clock.advance(500);
	trigger.hint({});
	await asked;

	expect(answers[0]?.after).toBe(500);
});

test("promise 12: it ends at once when the signal aborts, idle or resting or not waiting yet", async () => {
	const resting = setUp();
	resting.trigger.hint({});
	for (const { end, next, clock } of [setUp(), resting]) {
		const asked = next(100);
		await settled();
		expect(clock.sleeping()).toBe(1);
		end.abort();
		await expect(asked).rejects.toMatchObject({ name: "AbortError" });
		expect(clock.sleeping()).toBe(0);
		await expect(next()).rejects.toMatchObject({ name: "AbortError" });
	}
});
