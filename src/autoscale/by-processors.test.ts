import { expect, test } from "vitest";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

/* What containers use of the processors, as a reason for more of them; next to nothing is in flight. */

const limit = { processors: 1 };

function busy(labels: Record<string, string> = {}, over: { processors?: number } = limit) {
	const quick = { "ballast.scale.ready": "5s", "ballast.scale.down-after": "10s" };
	const world = scaledWorld(scaledContainer("web", "1-6", { ...over, labels: { ...quick, ...labels } }));
	world.now.cpu = 0.95;
	world.run();
	return world;
}

test("a pool grows while its containers use more of their limit than they should, and says so", async () => {
	const world = busy();
	await world.advance(40_000);

	expect(world.up().length).toBeGreaterThan(1);
	expect(world.records[0]).toMatch(/^scale-up web-scale-1: \d+ % of a processor limit want 2 at 70 % each$/);
});

test("it shrinks when they have little to do again", async () => {
	const world = busy();
	await world.advance(20_000);
	expect(world.up().length).toBeGreaterThan(1);
	world.now.cpu = 0.02;
	await world.advance(180_000);

	expect(world.up()).toEqual(["web"]);
});

test.each([
	["without a limit", {}, {}],
	["where a label says so", { "ballast.scale.cpu": "off" }, limit],
])("%s they are not looked at", async (_, labels, over) => {
	const world = busy(labels, over);
	await world.advance(40_000);

	expect(world.up()).toEqual(["web"]);
});

test("a label has them counted without a limit, too", async () => {
	const world = busy({ "ballast.scale.cpu": "50%" }, {});
	await world.advance(20_000);

	expect(world.up().length).toBeGreaterThan(1);
});

/** Grown by requests in flight, which then are gone. */
async function grown(labels: Record<string, string>, cpu: "denied" | "fails") {
	const world = busy(labels);
	world.now.cpu = cpu;
	world.now.inFlight = 50;
	await world.advance(10_000);
	expect(world.up().length).toBeGreaterThan(1);
	world.now.inFlight = 0;
	await world.advance(180_000);
	return world;
}

test.each(["denied", "fails"] as const)(
	"an engine that never told (%s) keeps no container of a pool that did not ask for it",
	async (cpu) => {
		const world = await grown({}, cpu);

		expect(world.up()).toEqual(["web"]);
		expect(world.warnings()).toEqual([expect.stringContaining("what its containers use of the processors")]);
	},
);

test("where a label asks for it, none is taken away while it is not known", async () => {
	const world = await grown({ "ballast.scale.cpu": "70%" }, "denied");

	expect(world.up().length).toBeGreaterThan(1);
	const last = world.scaler.decisions().get("nodes")?.at(-1);
	expect(last?.why).toContain("what they use of the processors is not known");
});

test("while the engine takes its time to tell, it is decided by the rest", async () => {
	const world = busy();
	world.now.cpu = "hangs";
	world.now.inFlight = 50;
	await world.advance(5_000);

	expect(world.records[0]).toContain("50 in flight want 3 at 20 each");
});

test("an engine that falls silent after it has told scales nothing", async () => {
	const world = busy();
	await world.advance(20_000);
	const before = world.up();
	expect(before.length).toBeGreaterThan(1);
	world.now.cpu = "fails";
	await world.advance(180_000);

	expect(world.up()).toEqual(expect.arrayContaining(before));
	expect(world.warnings()).toHaveLength(1);
});
