import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-docker.ts";
import { type WatchedEngine, watchedEngine } from "../testing/watched-engine.ts";

const backend = { role: "backend" };

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

test("an end is for its own start", async () => {
	await using world = await watched();
	world.note("app", { action: "die", exitCode: 3 });
	world.note("app", { action: "start" });
	world.docker.containers.clear();

	expect((await world.readOne("app")).containers).toEqual([]);
});
