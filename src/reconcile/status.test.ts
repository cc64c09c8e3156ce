import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { fleetOf } from "../model/build.ts";
import type { Problem } from "../model/problem.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fleetOfOne } from "../testing/generation-builder.ts";
import type { Outcome } from "./outcome.ts";
import { createStatusBoard } from "./status.ts";

const outcome: Outcome = {
	fleet: fleetOfOne,
	generation: "abc",
	draft: undefined,
	steps: [],
	changes: [],
	again: Number.POSITIVE_INFINITY,
	problems: [],
};
const problem = (severity: Problem["severity"]): Problem => ({
	code: "x",
	severity,
	subject: "web",
	message: "m",
	hint: "h",
});

function board() {
	const clock = createFakeClock();
	return { clock, status: createStatusBoard(clock) };
}

test("before the first pass it is starting, and knows of nothing", () => {
	expect(board().status.view()).toEqual({
		state: "starting",
		pools: 0,
		servers: 0,
		generation: null,
		held: [],
		lastTurn: null,
		lastReload: null,
		reloads: { count: 0, repairs: 0 },
		engine: { connected: false, since: null, attempt: 0 },
		problems: [],
	});
});

test("after a pass it is ok, and tells what is in force", () => {
	const { status } = board();
	status.turned(outcome, 12);

	expect(status.view()).toMatchObject({
		state: "ok",
		pools: 1,
		servers: 1,
		generation: "abc",
		lastTurn: "2026-01-01T00:00:00.000Z",
	});
	expect(status.outcome()?.fleet).toBe(fleetOfOne);
});

test("a pass that came to no generation leaves it starting", () => {
	const { status } = board();
	status.turned({ ...outcome, fleet: undefined, generation: undefined }, 1);

	expect(status.view()).toMatchObject({ state: "starting", generation: null });
});

test.each([
	["notice", "ok"],
	["problem", "degraded"],
] as const)("a %s makes it %s", (severity, state) => {
	const { status } = board();
	status.turned({ ...outcome, problems: [problem(severity)] }, 1);

	expect(status.view()).toMatchObject({ state, problems: [problem(severity)] });
});

test("promise 2: a failed pass is told with its cause and what to do, and what was served still is", () => {
	const { status } = board();
	status.turned({ ...outcome, problems: [problem("notice")] }, 1);
	const failure = new AppError("docker-unreachable", "no engine", {
		hint: "start it",
		cause: new Error("ENOENT"),
	});
	for (const _ of [1, 2]) status.failed(failure);

	expect(status.view()).toMatchObject({
		state: "degraded",
		servers: 1,
		generation: "abc",
		problems: [
			{
				code: "docker-unreachable",
				subject: "engine",
				message: "no engine: ENOENT; what was served goes on",
				hint: "start it",
			},
			problem("notice"),
		],
	});
	status.turned(outcome, 1);
	expect(status.view()).toMatchObject({ state: "ok", problems: [] });
});

test("a failure that nobody foresaw is the controller's, with a hint where to look", () => {
	const { status } = board();
	status.failed(new TypeError("x is not a function"));

	expect(status.view().problems).toMatchObject([
		{ code: "pass-failed", subject: "controller", hint: expect.stringContaining("log") },
	]);
});

test("the same failure is told once, another one is another", () => {
	const { status } = board();
	const fail = (message: string) => status.failed(new AppError("docker-unreachable", message)).length > 0;

	expect([fail("a"), fail("a"), fail("a"), fail("b"), fail("b")]).toEqual([false, true, false, true, false]);
	status.turned(outcome, 1);
	expect([fail("b"), fail("b")]).toEqual([false, true]);
});

test("an engine that could not be read once, and can at the next try, is no problem, but is told of", async () => {
	const { status, clock } = board();
	status.turned(outcome, 1);
	status.failed(new AppError("docker-failed", "refused with status 500"));

	const reading = { attempt: 1, since: "2026-01-01T00:00:00.000Z", cause: "refused with status 500" };
	expect(status.view()).toMatchObject({ state: "ok", problems: [], engine: { reading } });
	await clock.advance(200);
	status.failed(new AppError("docker-failed", "refused with status 410"));
	expect(status.view()).toMatchObject({
		state: "degraded",
		problems: [{ code: "docker-failed" }],
		engine: { reading: { attempt: 2, since: reading.since, cause: "refused with status 410" } },
	});
	status.turned(outcome, 1);
	expect(status.view().engine.reading).toBeUndefined();
});

test("the last reload is told with its time and reasons until there is another", async () => {
	const { status, clock } = board();
	const reasons = [{ kind: "pool-added", subject: "api" }] as const;
	status.turned({ ...outcome, steps: [{ kind: "reload", reasons }] }, 35);
	await clock.advance(10_000);
	status.turned(outcome, 1);

	expect(status.view()).toMatchObject({
		lastReload: { at: "2026-01-01T00:00:00.000Z", took: 35, reasons },
		lastTurn: "2026-01-01T00:00:10.000Z",
	});
});

test("how long ago the loop turned counts failed turns, too, and from the start before the first", async () => {
	const { status, clock } = board();
	await clock.advance(4_000);
	expect(status.sinceLastTurn()).toBe(4_000);
	status.failed(new Error("x"));
	await clock.advance(1_000);
	expect(status.sinceLastTurn()).toBe(1_000);
});

test("what is served without an engine is in force, and the failure stays", () => {
	const { status } = board();
	for (const _ of [1, 2]) status.failed(new AppError("docker-unreachable", "no engine"));
	status.withoutEngine({ ...outcome, fleet: fleetOf([]) }, 30);

	expect(status.view()).toMatchObject({ state: "degraded", generation: "abc", pools: 1, servers: 0 });
	expect(status.view().problems).toHaveLength(1);
});

test("an engine whose events can't be followed is degraded, though its lists can be read", () => {
	const { status } = board();
	status.turned(outcome, 1);
	status.engine({ connected: false, attempt: 1, cause: "cut off" });
	expect(status.view().state).toBe("ok");
	status.engine({ connected: false, attempt: 2, cause: "403 Forbidden", nextTryIn: 400 });

	expect(status.view()).toMatchObject({
		state: "degraded",
		engine: {
			connected: false,
			since: "2026-01-01T00:00:00.000Z",
			attempt: 2,
			nextTry: "2026-01-01T00:00:00.400Z",
		},
		problems: [
			{ code: "docker-events", subject: "engine", message: expect.stringContaining("403 Forbidden") },
		],
	});
	status.engine({ connected: true, attempt: 3 });
	expect(status.view(), "it may be cut at once, as before").toMatchObject({
		state: "degraded",
		engine: { connected: true, cause: "403 Forbidden", nextTry: undefined },
	});
	status.engine({ connected: true, attempt: 1 });
	expect(status.view()).toMatchObject({ state: "ok", problems: [], engine: { cause: undefined } });
});

test("a stream that is cut every few seconds degrades nothing, and is told of for ten minutes", async () => {
	const { status, clock } = board();
	status.turned(outcome, 1);
	for (let cut = 0; cut < 5; cut += 1) {
		status.engine({ connected: true, attempt: 1 });
		await clock.advance(3_000);
		status.engine({ connected: false, attempt: 1, cause: `cut ${cut}`, nextTryIn: 0 });
		expect(status.view().state).toBe("ok");
	}
	status.engine({ connected: true, attempt: 1 });

	expect(status.view().engine).toMatchObject({
		since: "2026-01-01T00:00:15.000Z",
		cuts: { count: 5, cause: "cut 4" },
	});
	await clock.advance(600_000);
	expect(status.view().engine.cuts).toBeUndefined();
});

test("another hint is no news, another message of the same code and subject is", () => {
	const { status } = board();
	const told = (message: string, hint: string) =>
		status.turned({ ...outcome, problems: [{ ...problem("problem"), message, hint }] }, 1).length > 0;

	expect([told("a", "x"), told("a", "y"), told("b", "y")]).toEqual([true, false, true]);
	expect(status.view().problems).toMatchObject([{ message: "b", hint: "y" }]);
});

test("an engine that can't be reached at all is one problem, not two", () => {
	const { status } = board();
	for (const _ of [1, 2]) status.failed(new AppError("docker-unreachable", "no engine"));
	status.engine({ connected: false, attempt: 5, cause: "no engine" });

	expect(status.view().problems.map(({ code }) => code)).toEqual(["docker-unreachable"]);
});
