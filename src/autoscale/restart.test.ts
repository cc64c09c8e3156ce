import { describe, expect, test } from "vitest";
import { crash, dockerKill, dockerRemove, dockerStop } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

type World = ReturnType<typeof scaledWorld>;

/** A pool of three that has settled. */
async function settledWorld(): Promise<{ readonly world: World; readonly controller: AbortController }> {
	const world = scaledWorld(scaledContainer("web", "3"));
	const controller = world.run();
	await world.advance(3_000);
	expect(world.up()).toHaveLength(3);
	return { world, controller };
}

/** To the end of what it was doing. */
async function ends(world: World, controller: AbortController): Promise<void> {
	controller.abort();
	await world.advance(0);
}

const created = ({ calls }: World) => calls.filter((call) => call.startsWith("create"));

describe("an original that is down", () => {
	test.each([
		["before the controller ends", true],
		["while there is none", false],
	])("and has crashed %s keeps its clones, and new ones are made of what was kept", async (_, before) => {
		const { world, controller } = await settledWorld();
		if (before) world.happens("web", ...crash);
		await world.advance(before ? 3_000 : 0);
		await ends(world, controller);
		if (!before) world.happens("web", ...crash);
		world.takesOver();
		await world.advance(15_000);
		expect(world.up()).toHaveLength(3);
		expect(world.all()).toContain("web");

		world.happens("web-scale-1", ...crash);
		await world.advance(3_000);
		expect(world.up()).toHaveLength(3);
		expect(world.records.filter((line) => line.startsWith("scale-down"))).toEqual([
			"scale-down web-scale-1: it has failed",
		]);
	});

	test.each([
		["stopped", dockerStop],
		["removed", dockerRemove],
	])("as a person has %s it while there was no controller takes its clones along", async (_, fate) => {
		const { world, controller } = await settledWorld();
		await ends(world, controller);
		world.happens("web", ...fate);
		world.takesOver();
		await world.advance(16_000);

		expect(world.up()).toEqual([]);
		expect(world.all()).toEqual(fate === dockerStop ? ["web"] : []);
		expect(world.now.memory.pools.size).toBe(0);
	});

	test("and was removed while nobody was told takes its clones along", async () => {
		const { world, controller } = await settledWorld();
		world.happens("web", ...crash);
		await world.advance(3_000);
		await ends(world, controller);
		world.happens("web", {}, "destroy");
		world.deaf();
		world.takesOver();
		await world.advance(16_000);

		expect(world.all()).toEqual([]);
	});
});

describe("what people have stopped", () => {
	test.each([
		["before the controller ends", true],
		["while there is none", false],
	])("%s is not replaced by the next one, nor removed", async (_, before) => {
		const { world, controller } = await settledWorld();
		if (before) world.happens("web-scale-1", ...dockerStop);
		await world.advance(before ? 3_000 : 0);
		await ends(world, controller);
		if (!before) world.happens("web-scale-1", ...dockerStop);
		world.takesOver();
		await world.advance(10_000);

		expect(world.up()).toEqual(["web", "web-scale-2"]);
		expect(world.all()).toContain("web-scale-1");
		world.happens("web-scale-1", { state: "running" }, "start");
		await world.advance(2_000);
		expect(world.scaler.decisions().get("nodes")?.at(-1)).toMatchObject({ policy: { min: 3 } });
	});

	test("is made up for once the next one is told how many there shall be", async () => {
		const { world, controller } = await settledWorld();
		world.happens("web-scale-1", ...dockerStop);
		await world.advance(3_000);
		await ends(world, controller);
		world.takesOver();
		await world.advance(3_000);
		world.now.orders.set("nodes", 3);
		await world.advance(3_000);

		expect(world.up()).toHaveLength(3);
	});

	test("is still a wish where a size was set before that", async () => {
		const { world, controller } = await settledWorld();
		world.now.orders.set("nodes", 3);
		await world.advance(2_000);
		world.happens("web-scale-1", ...dockerStop);
		await world.advance(2_000);
		await ends(world, controller);
		world.takesOver();
		await world.advance(5_000);

		expect(world.up()).toHaveLength(2);
	});
});

describe("where Docker has forgotten what it told", () => {
	test.each<[string, Parameters<World["happens"]>[1], boolean]>([
		["ended as it was told to", { state: "exited", exitCode: 0 }, true],
		["was ended by its stop signal", { state: "exited", exitCode: 143 }, true],
		["has crashed", { state: "exited", exitCode: 1 }, false],
		["was killed", { state: "exited", exitCode: 137 }, false],
	])("a clone that %s is looked at for a wish", async (_, over, isWish) => {
		const { world, controller } = await settledWorld();
		await ends(world, controller);
		world.happens("web-scale-1", over);
		world.takesOver();
		await world.advance(6_000);

		expect(world.up()).toHaveLength(isWish ? 2 : 3);
	});

	test("a clone that is gone was removed by somebody", async () => {
		const { world, controller } = await settledWorld();
		await ends(world, controller);
		world.happens("web-scale-1", {}, "destroy");
		world.deaf();
		world.takesOver();
		await world.advance(6_000);

		expect(world.up()).toHaveLength(2);
	});

	test("an original that had failed before has clones on, whatever it ended with", async () => {
		const { world, controller } = await settledWorld();
		world.happens("web", { state: "exited", exitCode: 0 }, "die");
		await world.advance(3_000);
		await ends(world, controller);
		world.takesOver();
		await world.advance(20_000);

		expect(world.up()).toHaveLength(3);
	});
});

describe("what fails while there is no controller", () => {
	test.each([
		["crashed", crash],
		["was killed", dockerKill],
	])("a clone that %s is removed and replaced", async (_, fate) => {
		const { world, controller } = await settledWorld();
		await ends(world, controller);
		const before = world.byName("web-scale-1")?.id;
		world.happens("web-scale-1", ...fate);
		world.takesOver();
		await world.advance(5_000);

		expect(world.up()).toHaveLength(3);
		expect(world.byName("web-scale-1")?.id).not.toBe(before);
	});

	test("starts that failed in a row are counted on", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.now.start = "crashes";
		const controller = world.run();
		await world.advance(5_000);
		expect(created(world)).toHaveLength(1);
		await ends(world, controller);
		world.takesOver();
		await world.advance(9_000);

		expect(created(world)).toHaveLength(1);
		expect(world.scaler.problems()).toMatchObject([{ code: "clone-not-ready", subject: "web-scale-1" }]);
		await world.advance(3_000);
		expect(created(world)).toHaveLength(2);
	});
});

test("one that was being taken away when the controller ended is no wish of a person's, and goes", async () => {
	const { world, controller } = await settledWorld();
	world.now.finishing = 1;
	world.now.orders.set("nodes", 2);
	await world.advance(2_000);
	await ends(world, controller);
	const [victim = ""] = world.records
		.filter((line) => line.startsWith("scale-down"))
		.map((line) => line.split(/[ :]/)[1]);
	// The engine goes on with what it was told.
	world.happens(victim, ...dockerStop);
	world.takesOver();
	await world.advance(5_000);

	expect(world.all()).not.toContain(victim);
	expect(world.up()).toHaveLength(2);
	expect(world.scaler.decisions().get("nodes")?.at(-1)).toMatchObject({ policy: { min: 2 } });
});

test("where there is nothing new, nothing else is remembered", async () => {
	const { world } = await settledWorld();
	const before = JSON.stringify([...world.now.memory.pools]);
	await world.advance(20_000);
	expect(JSON.stringify([...world.now.memory.pools])).toBe(before);
});
