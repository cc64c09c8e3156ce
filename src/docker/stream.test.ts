import { expect, test } from "vitest";
import { createFakeClock, type FakeClock } from "../testing/fake-clock.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { follow } from "../testing/follower.ts";

const app = fakeId("app");

test("never gives up on an engine that is away, and tells each try and its cause", async () => {
	const away = { host: "unix:///nowhere/docker.sock", requests: [] };
	await using follower = follow(away, { shortest: 1, longest: 2 });

	await expect.poll(() => follower.states.length).toBeGreaterThan(20);

	expect(follower.states[20]).toMatchObject({
		connected: false,
		attempt: 21,
		cause: { code: "docker-unreachable", message: "There is no Docker socket at /nowhere/docker.sock" },
	});
});

test("tries that fail come less and less often, never all at the same moment, and at least every 5 s", async () => {
	const clock = createFakeClock();
	await using follower = follow({ host: "unix:///nowhere/docker.sock", requests: [] }, {}, clock);
	for (let tries = 1; tries <= 12; tries += 1) {
		await expect.poll(() => follower.states.length).toBe(tries);
		await clock.advance(follower.states.at(-1)?.nextTryIn ?? 0);
	}

	const gaps = follower.states.map(({ nextTryIn = 0 }) => nextTryIn);
	for (const [index, gap] of gaps.entries()) {
		const most = Math.min(100 * 2 ** (index + 1), 5_000);
		expect(gap).toBeLessThanOrEqual(most);
		expect(gap).toBeGreaterThanOrEqual(most / 2);
	}
	expect(new Set(gaps).size).toBeGreaterThan(6);
});

test("a stream that is cut at once, again and again, is none that holds: the tries are counted, and come less often", async () => {
	await using docker = await createFakeDocker();
	docker.faults.cutStreams = true;
	const clock = createFakeClock();
	await using follower = follow(docker, {}, clock);
	for (let tries = 1; tries <= 5; tries += 1) {
		await expect.poll(() => follower.states.at(-1)).toMatchObject({ connected: false, attempt: tries });
		expect(docker.requests).toHaveLength(tries);
		await clock.advance(follower.states.at(-1)?.nextTryIn ?? 0);
	}

	expect(follower.states.filter(({ connected }) => connected).map(({ attempt }) => attempt)).toEqual(
		expect.arrayContaining([1, 2, 3, 4, 5]),
	);
});

test("a stream that has held for 2 s is a good one: the tries are counted anew, and the next one is at once", async () => {
	await using docker = await createFakeDocker();
	docker.faults.cutStreams = true;
	const clock = createFakeClock();
	await using follower = follow(docker, {}, clock);
	await expect.poll(() => follower.states.at(-1)).toMatchObject({ connected: false, attempt: 1 });
	docker.faults.cutStreams = false;
	await clock.advance(200);
	await expect.poll(() => follower.states.at(-1)).toEqual({ connected: true, attempt: 2 });
	await clock.advance(2_000);
	await expect.poll(() => follower.states.at(-1)).toEqual({ connected: true, attempt: 1 });

	docker.cut();

	await expect.poll(() => follower.states.at(-2)).toMatchObject({ connected: false, nextTryIn: 0 });
	await expect.poll(() => follower.states.at(-1)).toEqual({ connected: true, attempt: 1 });
});

test("promise 1: a stream that is silent for a minute is replaced, everything is listed, and no event is lost meanwhile", async () => {
	await using docker = await createFakeDocker();
	const clock = createFakeClock();
	await using follower = follow(docker, {}, clock);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	await clock.advance(30_000);
	docker.emit(app, "start");
	await expect.poll(() => follower.calls).toEqual(["listed", "start"]);
	await clock.advance(59_000);
	expect(docker.requests).toHaveLength(1);

	docker.faults.onSubscribed = () => docker.emit(app, "die");
	await clock.advance(1_000);

	await expect
		.poll(() => follower.calls)
		.toEqual(expect.arrayContaining(["listed", "start", "listed", "die"]));
	await expect.poll(docker.streams).toBe(1);
	expect(follower.states).toEqual([{ connected: true, attempt: 1 }]);
});

test("promise 1: an hour of a stream that is dead, though it looks open, ends a minute after its last word", async () => {
	await using docker = await createFakeDocker();
	const clock = createFakeClock();
	await using follower = follow(docker, {}, clock);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	docker.faults.silent = true;
	for (let minute = 1; minute <= 60; minute += 1) {
		docker.emit(app, "start");
		await clock.advance(60_000);
		await expect.poll(() => follower.calls).toHaveLength(minute + 1);
	}
	expect(new Set(follower.calls)).toEqual(new Set(["listed"]));

	docker.faults.silent = false;
	docker.emit(app, "die");

	await expect.poll(() => follower.calls.at(-1)).toBe("die");
	expect(docker.streams()).toBe(1);
});

test("a silent stream whose successor is refused is a cut one", async () => {
	await using docker = await createFakeDocker();
	const clock = createFakeClock();
	await using follower = follow(docker, {}, clock);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	docker.faults.answer = { path: "/events", status: 410, body: '{"message":"gone"}' };
	await minutes(clock, 1);

	await expect.poll(() => follower.states.at(-1)).toMatchObject({ connected: false, attempt: 1 });
	expect(follower.states.at(-1)?.cause).toMatchObject({ code: "docker-failed" });
	delete docker.faults.answer;
	await minutes(clock, 1);
	await expect.poll(() => follower.calls).toEqual(["listed", "listed"]);
});

async function minutes(clock: FakeClock, count: number): Promise<void> {
	await clock.advance(count * 60_000);
}

test("what happened while the stream was cut is told once, in its order, as something that was missed", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	docker.emit(app, "start");
	await expect.poll(() => follower.calls).toEqual(["listed", "start"]);

	docker.faults.answer = { path: "/events", status: 500 };
	docker.cut();
	await expect.poll(docker.streams).toBe(0);
	for (const action of ["kill", "exec_die", "die", "stop"]) docker.emit(app, action);
	const begun = Date.now();
	// What came in the second of the subscription may as well have come after it.
	docker.clock.now = () => begun + 2_000;
	delete docker.faults.answer;

	await expect
		.poll(() => follower.calls)
		.toEqual(["listed", "start", "listed", "missed kill", "missed die", "missed stop"]);
	docker.emit(app, "destroy");
	await expect.poll(() => follower.calls.at(-1)).toBe("destroy");
	expect(follower.calls).toHaveLength(7);
});

test("an engine that was started anew, and has kept nothing, is followed on", async () => {
	await using docker = await createFakeDocker();
	await using follower = follow(docker);
	await expect.poll(() => follower.calls).toEqual(["listed"]);
	docker.emit(app, "start");
	await expect.poll(() => follower.calls).toEqual(["listed", "start"]);
	docker.forget();
	docker.cut();

	await expect.poll(() => follower.calls).toEqual(["listed", "start", "listed"]);
	expect(docker.requests.at(-1)).toMatch(/[?&]since=\d+(\.\d{1,3})?(&|$)/);
	docker.emit(app, "die");
	await expect.poll(() => follower.calls.at(-1)).toBe("die");
});
