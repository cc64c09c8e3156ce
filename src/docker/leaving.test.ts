import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { watchedEngine } from "../testing/watched-engine.ts";

const backend = { role: "backend" };
const startedAt = "2026-01-01T00:00:01.000000001Z";
const later = "2026-01-01T00:00:30.000000001Z";

test("promise 1: a terminating signal makes a container leave, while an inspect still says running", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();

	expect(world.note("app", { signal: 15 })).toEqual({ containerId: fakeId("app"), urgent: true });

	const { containers, leaving } = await world.readOne("app");
	expect(containers).toMatchObject([{ state: "running" }]);
	expect(leaving).toEqual(
		new Map([[fakeId("app"), { startedAt, signal: "SIGTERM", overdue: false, recent: true }]]),
	);
});

test("a leave waits for no inspect, until more is heard of its container", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.docker.requests.length = 0;
	world.note("app", { signal: 15 });

	expect((await world.readOne("app")).leaving.size).toBe(1);
	expect(world.docker.requests).toEqual([]);
	world.note("app", { action: "die" });
	world.note("app", { signal: 9 });
	await world.readOne("app");
	expect(world.docker.requests).toHaveLength(1);
});

test("promise 1: leaving outlives a full list", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.note("app", { signal: 15 });

	await world.readAll();

	expect((await world.readAll()).leaving.get(fakeId("app"))?.signal).toBe("SIGTERM");
});

test("promise 1: leaving is still known once the container has died, so that its end is no failure", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.note("app", { signal: 15 });
	world.change("app", { status: "exited" });

	expect((await world.readOne("app")).leaving.size).toBe(1);
	await world.readAll();
	expect((await world.readAll()).leaving.size).toBe(0);
});

test("promise 1: leaving ends with the container's next start", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.note("app", { signal: 15 });
	await world.readOne("app");
	world.change("app", { startedAt: later });

	expect((await world.readOne("app")).leaving.size).toBe(0);
});

test("promise 1: a signal is for the start that it came after, also when that was not read yet", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.change("app", { startedAt: later });

	world.note("app", { action: "start", at: Date.parse(later) });
	world.note("app", { signal: 15, at: Date.parse(later) + 1 });

	const { leaving } = await world.readOne("app");
	expect(leaving.get(fakeId("app"))?.startedAt).toBe(later);
});

test("promise 1: a signal to a container that nobody has read yet counts, and so does its own stop signal", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt, stopSignal: "SIGUSR1" });

	world.note("app", { signal: 10 });

	expect((await world.readAll()).leaving.get(fakeId("app"))?.signal).toBe("SIGUSR1");
});

test.each([
	["SIGHUP", 1, undefined, false],
	["its own stop signal", 37, "RTMIN+3", true],
	["SIGKILL", 9, "RTMIN+3", true],
	["another's stop signal", 10, "RTMIN+3", false],
])("%s to a running container", async (_, number, stopSignal, leaves) => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt, ...(stopSignal && { stopSignal }) });
	await world.readAll();

	expect(world.note("app", { signal: number })?.urgent).toBe(leaves);
	expect((await world.readOne("app")).leaving.size).toBe(leaves ? 1 : 0);
});

test("promise 1: a signal that comes during a read is not forgotten by that read", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.change("app", { startedAt: later });
	const reading = world.readOne("app");

	world.note("app", { signal: 15, at: Date.parse(later) + 1 });
	await reading;

	expect((await world.readOne("app")).leaving.size).toBe(1);
});

test("promise 1: one that runs on 5 s after its stop timeout is overdue, and no more with the next signal", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt, stopTimeout: 3 });
	await world.readAll();
	world.note("app", { signal: 15 });

	world.time.now = 8_000;
	expect((await world.readAll()).leaving.get(fakeId("app"))?.overdue).toBe(false);
	world.time.now = 8_001;
	expect((await world.readAll()).leaving.get(fakeId("app"))?.overdue).toBe(true);
	world.note("app", { signal: 9 });

	expect((await world.readAll()).leaving.get(fakeId("app"))).toMatchObject({
		signal: "SIGKILL",
		overdue: false,
	});
});

const hourBefore = (time: string) => Date.parse(time) - 3_600_000;

test("the engine's clock was set back: a signal still makes its container leave, until it has ended", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt: later });
	await world.readAll();

	expect(world.note("app", { signal: 15, at: hourBefore(later) })?.urgent).toBe(true);

	expect((await world.readOne("app")).leaving.get(fakeId("app"))?.signal).toBe("SIGTERM");
	expect((await world.readAll()).leaving.size).toBe(1);
	world.change("app", { status: "exited" });
	await world.readOne("app");
	await world.readAll();
	expect((await world.readAll()).leaving.size).toBe(0);
});

test("the engine's clock was set back: a signal is not for the start that came after it, though that seems earlier", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	world.note("app", { signal: 15, at: Date.parse(later) });
	await world.readOne("app");
	const again = new Date(hourBefore(startedAt)).toISOString();
	world.change("app", { startedAt: again });
	world.note("app", { action: "start", at: Date.parse(again) + 1 });

	expect((await world.readOne("app")).leaving.size).toBe(0);
	expect((await world.readAll()).leaving.size).toBe(0);
});

test("promise 1: a start that is told of late, after the signal that followed it, keeps nobody from leaving", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt: later });
	await world.readAll();
	world.note("app", { signal: 15, at: Date.parse(later) + 200 });
	world.note("app", { action: "start", at: Date.parse(later) + 1 });

	expect((await world.readOne("app")).leaving.size).toBe(1);
});

test("promise 1: a signal that is told of late, after the start that followed it, makes nobody leave", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt: later });
	await world.readAll();
	world.note("app", { signal: 15, at: Date.parse(later) - 300 });

	expect((await world.readOne("app")).leaving.size).toBe(0);
});

test("promise 1: events that come twice change nothing", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, startedAt });
	await world.readAll();
	for (const _ of [1, 2]) world.note("app", { signal: 15 });
	expect((await world.readOne("app")).leaving.size).toBe(1);
	world.change("app", { startedAt: later });
	for (const _ of [1, 2]) world.note("app", { action: "start", at: Date.parse(later) + 1 });

	expect((await world.readOne("app")).leaving.size).toBe(0);
});
