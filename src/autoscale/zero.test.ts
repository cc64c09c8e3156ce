import { describe, expect, test } from "vitest";
import { idOf } from "../testing/containers.ts";
import { crash, dockerStop } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

const labels = { "ballast.scale.idle": "10s" };
const web = (over: Parameters<typeof scaledContainer>[2] = {}) =>
	scaledContainer("web", "0-3", { labels, ...over });

/** Nobody has asked for so long that the last container has gone. */
async function asleep(...originals: readonly ReturnType<typeof web>[]) {
	const world = scaledWorld(...(originals.length === 0 ? [web()] : originals));
	world.run();
	await world.advance(20_000);
	expect(world.up()).toEqual([]);
	return world;
}

describe("the last container", () => {
	test("is stopped when nobody asks, and started again for those who wait", async () => {
		const world = await asleep();
		expect(world.calls).toEqual(["stop web"]);
		expect(world.draft().standings).toMatchObject([{ isAsleep: true, hasSay: true }]);

		world.now.waiting = 3;
		await world.advance(1_000);
		world.now.waiting = 0;
		expect(world.up()).toEqual(["web"]);
		expect(world.calls).toEqual(["stop web"]);
		expect(world.records).toEqual([
			"scale-down web: no request for 10 s",
			"scale-up web: woken: 3 held, and nobody there to answer",
		]);

		await world.advance(5_000);
		expect([...world.asleep]).toEqual([]);
		expect(world.up()).toEqual(["web"]);
		await world.advance(20_000);
		expect(world.up()).toEqual([]);
	});

	test("stays while requests come, though none is in flight when it is looked", async () => {
		const world = scaledWorld(web());
		world.run();
		for (let second = 0; second < 30; second += 1) {
			world.now.requests += 1;
			await world.advance(1_000);
		}
		expect(world.up()).toEqual(["web"]);
	});

	test("is kept where somebody asks while it drains", async () => {
		const world = scaledWorld(web());
		world.now.finishing = 1;
		world.run();
		world.now.inFlight = 0;
		await world.advance(11_000);
		expect(world.records).toEqual([]);

		world.now.finishing = 0;
		world.now.stopping = new Promise(() => undefined);
		await world.advance(4_000);
		expect(world.records).toEqual(["scale-down web: no request for 10 s"]);
	});

	test("may be a clone, and then the original is what is woken", async () => {
		const world = scaledWorld(web());
		world.now.orders.set("nodes", 2);
		world.run();
		await world.advance(3_000);
		expect(world.up()).toEqual(["web", "web-scale-1"]);

		world.now.orders.clear();
		world.happens("web", ...crash);
		await world.advance(20_000);
		expect(world.all()).toEqual(["web"]);
		expect(world.up()).toEqual([]);

		world.now.waiting = 1;
		await world.advance(1_000);
		expect(world.up()).toEqual(["web"]);
	});
});

describe("one that does not come up", () => {
	test("is tried again later and later, and those who wait are told why", async () => {
		const world = await asleep();
		[world.now.waiting, world.now.start] = [1, "crashes"];
		await world.advance(2_000);

		expect(world.scaler.problems()).toMatchObject([{ code: "not-woken", subject: "web" }]);
		expect(world.excuses.at(-1)).toBe(
			"nodes: web: it was started again, and died, exit code 1, before it was ready",
		);
		expect(world.records.filter((line) => line.startsWith("scale-up"))).toHaveLength(1);
		await world.advance(10_000);
		expect(world.records.filter((line) => line.startsWith("scale-up"))).toHaveLength(2);

		world.now.start = "ready";
		await world.advance(21_000);
		world.now.waiting = 0;
		await world.advance(2_000);
		expect(world.up()).toEqual(["web"]);
		expect(world.scaler.problems()).toEqual([]);
		expect(world.excuses.at(-1)).toBe("nodes: ");
	});

	test("as the engine can't start it, is tried again in a moment", async () => {
		const world = await asleep();
		[world.now.waiting, world.now.start] = [1, "fails"];
		await world.advance(1_000);
		expect(world.excuses.at(-1)).toBe("nodes: web: it can't be started again: its network is gone");

		world.now.start = "ready";
		await world.advance(3_000);
		expect(world.up()).toEqual(["web"]);
	});

	test("as a guard does not let it be started, is told of", async () => {
		const world = await asleep();
		[world.now.waiting, world.now.start] = [1, "denied"];
		await world.advance(1_000);
		expect(world.scaler.problems()).toMatchObject([{ code: "scale-denied", subject: "nodes" }]);
	});

	test("for lack of room on the host, is told of", async () => {
		const world = await asleep();
		[world.now.waiting, world.now.canStart] = [1, 0];
		await world.advance(2_000);
		expect(world.excuses.at(-1)).toMatch(
			/^nodes: 1 held, and nobody there to answer, and none can be started now/,
		);
		expect(world.up()).toEqual([]);
	});
});

describe("others", () => {
	test("a person's stop is neither undone by requests nor taken for sleep", async () => {
		const world = scaledWorld(web());
		world.run();
		await world.advance(3_000);
		world.happens("web", ...dockerStop);
		world.now.waiting = 1;
		await world.advance(20_000);
		expect(world.up()).toEqual([]);
	});

	test("originals that load does not need are stopped, and come back before any clone is made", async () => {
		const hasty = { labels: { ...labels, "ballast.scale.ready": "2s", "ballast.scale.down-after": "5s" } };
		const young = scaledContainer("web-2", "0-3", { ...hasty, created: "2026-01-02T00:00:00Z" });
		const world = await asleep(web(hasty), young);

		world.now.orders.set("nodes", 3);
		await world.advance(4_000);
		expect(world.up().toSorted()).toEqual(["web", "web-2", "web-scale-1"]);
	});

	test("whoever waits for one pool is not kept waiting by another's clones that are starting", async () => {
		const other = scaledContainer("api", "8", { labels: { "ballast.pool": "other" } });
		const world = scaledWorld(web(), other);
		world.run();
		await world.advance(20_000);
		expect(world.up()).not.toContain("web");

		world.now.orders.set("other", 20);
		[world.now.canStart, world.now.start] = [2, "never ready"];
		await world.advance(3_000);
		world.now.waiting = 1;
		await world.advance(2_000);
		expect(world.up()).toContain("web");
	});

	test("who was about to be stopped when a controller ended is awake", async () => {
		const world = scaledWorld(web());
		world.asleep.set(idOf("web"), "2026-01-01T00:00:01Z");
		expect(world.draft().standings).toMatchObject([{ isAsleep: true }]);
		world.run();
		await world.advance(2_000);
		expect(world.draft().standings).toMatchObject([{ isAsleep: false }]);
		expect(world.up()).toEqual(["web"]);
	});
});
