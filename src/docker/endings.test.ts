import { describe, expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { type WatchedEngine, watchedEngine } from "../testing/watched-engine.ts";

const backend = { role: "backend" };
const later = "2026-01-01T00:00:30.000000001Z";

async function watched(): Promise<WatchedEngine> {
	const world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend });
	await world.readAll();
	return world;
}

test("promise 1: how a container ended that is gone when it is read, the next read tells, and no later one", async () => {
	await using world = await watched();
	world.note("app", { action: "die", exitCode: 3 });
	world.docker.containers.clear();

	expect((await world.readOne("app")).containers).toMatchObject([
		{ name: "app", state: "removing", exitCode: 3 },
	]);
	expect((await world.readOne("app")).containers).toEqual([]);
	expect((await world.readAll()).containers).toEqual([]);
});

test("a full list tells of it, too", async () => {
	await using world = await watched();
	world.note("app", { action: "oom" });
	world.note("app", { action: "die", exitCode: 137 });
	world.docker.containers.clear();

	expect((await world.readAll()).containers).toMatchObject([{ exitCode: 137, outOfMemory: true }]);
	expect((await world.readAll()).containers).toEqual([]);
});

test("a full list tells of one, too, that can't be inspected, as while Docker starts it again", async () => {
	await using world = await watched();
	world.docker.add({ name: "other", labels: backend });
	world.note("app", { action: "die", exitCode: 4 });
	world.change("app", { status: "restarting" });
	world.docker.faults.answer = {
		path: `/containers/${fakeId("app")}/json`,
		status: 500,
		body: '{"message":"locked"}',
	};

	expect((await world.readAll()).containers).toMatchObject([
		{ name: "app", state: "removing", exitCode: 4 },
		{ name: "other" },
	]);
	expect((await world.readAll()).containers).toMatchObject([{ name: "other" }]);
});

test("that it was told to stop is known as well", async () => {
	await using world = await watched();
	world.note("app", { action: "kill", signal: 9 });
	world.note("app", { action: "die", exitCode: 137 });
	world.docker.containers.clear();

	expect((await world.readOne("app")).leaving.get(fakeId("app"))).toMatchObject({ signal: "SIGKILL" });
	expect((await world.readAll()).leaving.size).toBe(0);
});

test("an end that was read is not told again when the container is removed", async () => {
	await using world = await watched();
	world.note("app", { action: "die", exitCode: 3 });
	world.change("app", { status: "exited" });
	await world.readOne("app");
	world.docker.containers.clear();

	expect((await world.readOne("app")).containers).toEqual([]);
});

test("an end is of the start that was read before it: later ones don't count", async () => {
	await using world = await watched();
	world.note("app", { action: "die", exitCode: 3 });
	world.note("app", { action: "start" });
	world.note("app", { action: "die", exitCode: 4 });
	world.docker.containers.clear();

	expect((await world.readOne("app")).containers).toMatchObject([{ exitCode: 3 }]);
});

describe("one that is found in its next start already", () => {
	const restart = { action: "start", at: Date.parse(later) } as const;

	test.each([
		["that died", [{ action: "die", exitCode: 4 }, restart], { exitCode: 4, outOfMemory: false }],
		["that died before its start was told", [{ action: "die", exitCode: 4 }], { exitCode: 4 }],
		[
			"that was out of memory",
			[{ action: "oom" }, { action: "die", exitCode: 137 }, restart],
			{ exitCode: 137, outOfMemory: true },
		],
		[
			"docker restart",
			[{ action: "kill", signal: 15 }, { action: "die", exitCode: 0 }, restart],
			{ signal: "SIGTERM", exitCode: 0 },
		],
		[
			"that died, and is told to stop now",
			[{ action: "die", exitCode: 4 }, restart, { action: "kill", signal: 15, at: Date.parse(later) + 1 }],
			{ signal: undefined, exitCode: 4 },
		],
		["while no event was heard", [], { signal: undefined }],
	])("%s: that read tells how the start before ended, and no later one", async (_, events, ending) => {
		await using world = await watched();
		for (const event of events) world.note("app", event);
		world.change("app", { startedAt: later });

		const { containers, restarted } = await world.readOne("app");
		expect(containers).toMatchObject([{ state: "running", startedAt: later }]);
		expect(restarted?.get(fakeId("app"))).toMatchObject(ending);
		expect((await world.readOne("app")).restarted?.size).toBe(0);
		expect((await world.readAll()).restarted?.size).toBe(0);
	});

	test("a full list tells of it, too", async () => {
		await using world = await watched();
		world.note("app", { action: "die", exitCode: 4 });
		world.change("app", { startedAt: later });

		expect((await world.readAll()).restarted?.get(fakeId("app"))).toMatchObject({ exitCode: 4 });
	});

	test("an end that comes in while an inspect is under way is told by the read that finds the next start", async () => {
		await using world = await watched();
		const reading = world.readOne("app");
		world.note("app", { action: "die", exitCode: 4 });
		expect((await reading).restarted?.size).toBe(0);
		world.change("app", { startedAt: later });

		expect((await world.readOne("app")).restarted?.get(fakeId("app"))).toMatchObject({ exitCode: 4 });
	});

	test("the end of each start is told apart, also where the engine's clock is set back in between", async () => {
		await using world = await watched();
		for (const [startedAt, exitCode] of [
			["2025-06-01T00:00:00Z", 4],
			[later, 5],
		] as const) {
			world.note("app", { action: "die", exitCode });
			world.change("app", { startedAt });
			expect((await world.readOne("app")).restarted?.get(fakeId("app"))).toMatchObject({ exitCode });
		}
	});

	test("one that waits for Docker to start it again has told of its end by itself", async () => {
		await using world = await watched();
		world.note("app", { action: "die", exitCode: 4 });
		world.change("app", { status: "restarting" });
		await world.readOne("app");
		world.change("app", { status: "running", startedAt: later });

		expect((await world.readOne("app")).restarted?.size).toBe(0);
	});
});

describe("an end that was read, and not written down because something overtook the pass", () => {
	const unrecorded = async (world: WatchedEngine) =>
		world.inventory.read({ all: false, containers: new Set([fakeId("app")]) }, new AbortController().signal);

	test("is told once more when the container is up again", async () => {
		await using world = await watched();
		world.note("app", { action: "die", exitCode: 4 });
		world.change("app", { status: "restarting", exitCode: 4 });
		await unrecorded(world);
		world.note("app", { action: "start" });
		world.change("app", { status: "running", startedAt: later });

		expect((await world.readOne("app")).restarted?.get(fakeId("app"))).toMatchObject({ exitCode: 4 });
		expect((await world.readOne("app")).restarted?.size).toBe(0);
	});

	test("is told once more when the container is gone", async () => {
		await using world = await watched();
		world.note("app", { action: "die", exitCode: 4 });
		world.change("app", { status: "exited", exitCode: 4 });
		await unrecorded(world);
		world.docker.containers.clear();

		expect((await world.readOne("app")).containers).toMatchObject([{ state: "removing", exitCode: 4 }]);
		expect((await world.readOne("app")).containers).toEqual([]);
	});

	test("is told once more by a full list, which has only those that run, be it there still or gone", async () => {
		await using world = await watched();
		world.note("app", { action: "die", exitCode: 4 });
		world.change("app", { status: "exited", exitCode: 4 });
		await unrecorded(world);
		await world.inventory.read({ all: true, containers: new Set() }, new AbortController().signal);
		expect((await world.readAll()).containers).toMatchObject([{ state: "exited", exitCode: 4 }]);
		expect((await world.readAll()).containers).toEqual([]);

		world.change("app", { status: "running", startedAt: later });
		await world.readAll();
		world.note("app", { action: "die", exitCode: 5 });
		world.change("app", { status: "exited", exitCode: 5 });
		await unrecorded(world);
		world.docker.containers.clear();
		expect((await world.readAll()).containers).toMatchObject([{ state: "removing", exitCode: 5 }]);
		expect((await world.readAll()).containers).toEqual([]);
	});

	test("keeps the signal that it was told to stop by", async () => {
		await using world = await watched();
		world.note("app", { action: "kill", signal: 15 });
		world.note("app", { action: "die", exitCode: 143 });
		world.change("app", { status: "exited", exitCode: 143 });
		await unrecorded(world);
		world.change("app", { status: "running", startedAt: later });

		expect((await world.readOne("app")).restarted?.get(fakeId("app"))).toMatchObject({ signal: "SIGTERM" });
	});

	test("keeps that signal when the container is gone", async () => {
		await using world = await watched();
		world.note("app", { action: "kill", signal: 15 });
		world.note("app", { action: "die", exitCode: 143 });
		world.change("app", { status: "exited", exitCode: 143 });
		await unrecorded(world);
		world.docker.containers.clear();

		expect((await world.readOne("app")).leaving.get(fakeId("app"))).toMatchObject({ signal: "SIGTERM" });
	});
});
