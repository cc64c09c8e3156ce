import { describe, expect, test } from "vitest";
import { container } from "../testing/containers.ts";
import { crash, dockerKill, dockerRemove, dockerStop } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

describe("a pool has as many as it asks for", () => {
	test("what is missing is made at once, each of its own name, and why is written down", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(1_000);

		expect(world.up()).toEqual(["web", "web-scale-1", "web-scale-2"]);
		expect(world.records).toEqual([
			"scale-up web-scale-1: 1 of at least 3 are there",
			"scale-up web-scale-2: 1 of at least 3 are there",
		]);
	});

	test.each([
		["crashes", crash],
		["is killed", dockerKill],
	] as const)("a clone that %s is removed, and another takes its place", async (_, end) => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.run();
		await world.advance(2_000);
		world.happens("web-scale-1", ...end);
		await world.advance(3_000);

		expect(world.all()).toEqual(["web", "web-scale-1"]);
		expect(world.calls.filter((call) => call === "create web-scale-1")).toHaveLength(2);
	});

	test("an original that crashes goes on asking, alone as it was", async () => {
		const world = scaledWorld(scaledContainer("web", "1"));
		world.run();
		await world.advance(2_000);
		world.happens("web", ...crash);
		await world.advance(30_000);

		expect(world.up()).toEqual(["web-scale-1"]);
	});

	test.each([
		["stopped", dockerStop],
		["removed", dockerRemove],
	] as const)("a clone that a person has %s is not replaced", async (_, end) => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.run();
		await world.advance(2_000);
		world.happens("web-scale-1", ...end);
		await world.advance(20_000);

		expect(world.up()).toEqual(["web"]);
	});

	test("nor while it takes its time to stop", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.run();
		await world.advance(2_000);
		world.happens("web-scale-1", { state: "exited" }, "kill");
		await world.advance(8_000);
		world.happens("web-scale-1", {}, "die", "stop");
		await world.advance(8_000);

		expect(world.up()).toEqual(["web"]);
	});

	test("nor is one of two originals, of which the other asks from then on", async () => {
		const world = scaledWorld(
			scaledContainer("web-1", "2"),
			scaledContainer("web-2", "2", { created: "2026-01-02T00:00:00Z" }),
		);
		world.run();
		await world.advance(2_000);
		world.happens("web-1", ...dockerStop);
		await world.advance(20_000);

		expect(world.calls).toEqual([]);
	});

	test("a person who says how many shall be gets as many, whatever was stopped before", async () => {
		const world = scaledWorld(scaledContainer("web", "1-8"));
		world.run();
		world.now.orders.set("nodes", 3);
		await world.advance(2_000);
		world.happens("web-scale-2", ...dockerStop);
		await world.advance(2_000);
		expect(world.up()).toHaveLength(2);

		world.now.orders.set("nodes", 4);
		await world.advance(3_000);
		expect(world.up()).toHaveLength(4);
	});

	test("no more start at once than the machine can bear, however many pools there are", async () => {
		const other = { "ballast.pool": "other" };
		const world = scaledWorld(scaledContainer("web", "4"), scaledContainer("api", "4", { labels: other }));
		world.now.canStart = 2;
		world.run();
		await world.advance(1_000);

		expect(world.calls).toHaveLength(2);
	});

	test("a pool that has started none for longer comes before one that grows on", async () => {
		const labels = { "ballast.pool": "other" };
		const world = scaledWorld(scaledContainer("web", "4"), scaledContainer("api", "2", { labels }));
		world.now.canStart = 1;
		world.run();
		await world.advance(5_000);

		expect(world.calls.slice(0, 2)).toEqual(["create web-scale-1", "create api-scale-1"]);
		expect(world.up()).toHaveLength(6);
	});

	test("nor where those of another pool are starting still; an original that never gets ready holds up nobody", async () => {
		const other = { "ballast.pool": "other" };
		const deaf = container("deaf", { health: "starting", labels: other });
		const world = scaledWorld(
			scaledContainer("web", "3"),
			scaledContainer("api", "1-4", { labels: other }),
			deaf,
		);
		world.now.canStart = 2;
		world.now.start = "never ready";
		world.run();
		await world.advance(3_000);
		expect(world.up()).toHaveLength(5);
		world.now.orders.set("other", 4);
		await world.advance(5_000);
		expect(world.up()).toHaveLength(5);

		for (const name of ["web-scale-1", "web-scale-2"]) world.happens(name, { health: "healthy" });
		await world.advance(2_000);
		expect(world.up()).toContain("api-scale-2");
	});
});

describe("load decides within the bounds", () => {
	test("more of it makes more, less of it after a while fewer, and nothing is left behind", async () => {
		const world = scaledWorld(
			scaledContainer("web", "1-4", { labels: { "ballast.scale.down-after": "60s" } }),
		);
		world.run();
		world.now.inFlight = 75;
		await world.advance(5_000);
		expect(world.up()).toHaveLength(4);

		world.now.inFlight = 1;
		await world.advance(180_000);
		expect(world.all()).toEqual(["web"]);
		expect(world.held.size).toBe(0);
	});

	test("a HAProxy that does not answer is no reason for anything", async () => {
		const world = scaledWorld(scaledContainer("web", "1-4"));
		world.now.inFlight = 75;
		world.now.haproxy = "is silent";
		world.run();
		await world.advance(120_000);

		expect(world.calls).toEqual([]);
	});

	test("advise only tells", async () => {
		const world = scaledWorld(scaledContainer("web", "1-4", { labels: { "ballast.scale.mode": "advise" } }));
		world.now.inFlight = 75;
		world.run();
		await world.advance(10_000);

		expect(world.calls).toEqual([]);
		expect(world.told()).toContain("scaling would up: 75 in flight want 4 at 20 each");
	});

	test("HAProxy is asked on while the engine takes its time", async () => {
		const world = scaledWorld(
			scaledContainer("web", "2-8", { labels: { "ballast.scale.down-after": "60s" } }),
		);
		const making = Promise.withResolvers<void>();
		world.now.making = making.promise;
		world.run();
		await world.advance(8_000);
		expect(world.calls).toHaveLength(1);
		making.resolve();
		await world.advance(1_000);

		expect(world.scaler.decisions().get("nodes")?.at(-1)?.seenMs).toBeGreaterThan(7_000);
	});
});

describe("a controller that starts", () => {
	test("finds the clones of its earlier life, and counts them", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		const first = world.run();
		await world.advance(2_000);
		first.abort();
		const again = scaledWorld(...world.all().flatMap((name) => world.byName(name) ?? []));
		again.run();
		await again.advance(5_000);

		expect(again.calls).toEqual([]);
	});

	test("removes what an earlier one has left: clones that have ended, or were never started", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run().abort();
		const old = scaledWorld(scaledContainer("web", "4"));
		const first = old.run();
		await old.advance(2_000);
		first.abort();
		old.happens("web-scale-1", { state: "exited" });
		old.happens("web-scale-2", { state: "created", created: "2025-12-31T00:00:00Z" });
		old.happens("web", { labels: { role: "backend" } });
		const again = scaledWorld(...old.all().flatMap((name) => old.byName(name) ?? []), container("other"));
		again.run();
		await again.advance(2_000);

		expect(again.calls.slice(0, 2)).toEqual(["remove web-scale-1", "remove web-scale-2"]);
		expect(again.all()).toContain("other");
	});
});
