import { describe, expect, test } from "vitest";
import { settled } from "../testing/fake-clock.ts";
import { dockerRemove, dockerStop } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

describe("clones follow their original", () => {
	test("with the last one stopped they drain and go", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.happens("web", ...dockerStop);
		await world.advance(15_000);

		expect(world.all()).toEqual(["web"]);
		expect(world.records.at(-1)).toBe("scale-down web-scale-2: its original has gone");
		expect(world.scaler.decisions().size).toBe(0);
	});

	test("those that a person drains are neither ill nor replaced, and the others get what load asks for", async () => {
		const world = scaledWorld(scaledContainer("web", "3-6"));
		world.run();
		await world.advance(2_000);
		for (const name of ["web-scale-1", "web-scale-2"]) world.held.set(world.byName(name)?.id ?? "", "drain");
		await world.advance(5_000);
		expect(world.up()).toHaveLength(3);
		expect(world.scaler.decisions().get("nodes")?.at(-1)?.observed).toMatchObject({
			...{ ready: 1, aside: 2, unhealthy: 0 },
		});

		world.now.inFlight = 50;
		await world.advance(8_000);
		expect(world.up()).toHaveLength(5);
	});

	test("they stay while it is restarted", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.happens("web", ...dockerStop);
		await world.advance(3_000);
		world.happens("web", { state: "running" }, "start");
		await world.advance(30_000);

		expect(world.calls.filter((call) => !call.startsWith("create"))).toEqual([]);
		expect(world.up()).toHaveLength(3);
	});

	test("while the original takes its time to stop none is made, whatever the load", async () => {
		const world = scaledWorld(scaledContainer("web", "2-8"));
		world.run();
		await world.advance(2_000);
		const made = Promise.withResolvers<void>();
		world.now.making = made.promise;
		world.now.inFlight = 400;
		await world.advance(5_000);
		world.happens("web", {}, "kill");
		made.resolve();
		await world.advance(6_000);
		expect(world.all()).toEqual(["web", "web-scale-1"]);
		const decisions = world.scaler.decisions().get("nodes") ?? [];
		expect(decisions.filter(({ kind }) => kind === "up")).toHaveLength(1);

		world.happens("web", { state: "exited" }, "die", "stop");
		await world.advance(20_000);
		expect(world.up()).toEqual([]);
	});

	test("whoever stops a clone may be about to stop them all: load waits a moment before it makes another", async () => {
		const world = scaledWorld(scaledContainer("web", "1-8"));
		world.run();
		world.now.inFlight = 80;
		await world.advance(30_000);
		world.now.inFlight = 100;
		world.happens("web-scale-1", {}, "kill");
		await world.advance(1_500);
		expect(world.all()).toHaveLength(4);

		await world.advance(1_500);
		expect(world.all().length).toBeGreaterThan(4);
	});

	test("a person may start them before it, as `compose start` does, though they take their time", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.run();
		await world.advance(2_000);
		for (const name of ["web", "web-scale-1"]) world.happens(name, ...dockerStop);
		await world.advance(20_000);
		const startedAt = "2026-03-01T00:00:00Z";
		world.happens("web-scale-1", { state: "running", health: "starting", startedAt }, "start");
		await world.advance(3_000);
		world.happens("web", { state: "running", startedAt }, "start");
		await world.advance(3_000);

		expect(world.calls).toEqual(["create web-scale-1"]);
		expect(world.up()).toEqual(["web", "web-scale-1"]);
	});

	test("made anew with another image, it has others, each ready before an old one goes", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.happens("web", ...dockerRemove);
		const created = "2026-02-01T00:00:00Z";
		world.add(scaledContainer("web", "3", { id: "f".repeat(64), image: "sha256:new", created }));
		world.now.start = "never ready";
		const ready = () => world.up().filter((name) => world.byName(name)?.health === "healthy");
		for (let second = 0; second < 40; second += 1) {
			await world.advance(1_000);
			expect(ready().length).toBeGreaterThanOrEqual(3);
			// They take their time.
			if (second % 4 === 3) for (const name of world.up()) world.happens(name, { health: "healthy" });
		}

		expect(world.up().map((name) => world.byName(name)?.image)).toEqual(Array(3).fill("sha256:new"));
		expect(world.calls.filter((call) => call.startsWith("create"))).toHaveLength(4);
	});

	test("those that work stay while those of the new image do not come up", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.happens("web", ...dockerRemove);
		world.now.start = "crashes";
		const created = "2026-02-01T00:00:00Z";
		world.add(scaledContainer("web", "3", { id: "f".repeat(64), image: "sha256:new", created }));
		await world.advance(120_000);

		expect(world.up()).toEqual(["web-scale-1", "web-scale-2", "web"]);
		expect(world.calls.filter((call) => call.startsWith("stop"))).toEqual([]);
		expect(world.calls.filter((call) => call.startsWith("create")).length).toBeLessThan(7);
	});

	test("`compose up` that removes a clone and brings another original asks anew", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.run();
		await world.advance(2_000);
		world.happens("web-scale-1", ...dockerRemove);
		world.happens("web", ...dockerRemove);
		await world.advance(2_000);
		world.add(scaledContainer("web", "2", { id: "f".repeat(64), created: "2026-02-01T00:00:00Z" }));
		await world.advance(4_000);

		expect(world.up()).toHaveLength(2);
	});
});

describe("while Docker's events are cut", () => {
	test("what a person stops is not replaced, as the next stream tells of it", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.scaler.follows(false);
		world.happens("web-scale-1", { state: "exited" });
		await world.advance(4_000);
		world.scaler.follows(true);
		world.happens("web-scale-1", {}, "kill", "die", "stop");
		await world.advance(5_000);

		expect(world.up()).toEqual(["web", "web-scale-2"]);
		expect(world.all()).toContain("web-scale-1");
	});

	test("what fails is replaced once that is certain", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.scaler.follows(false);
		world.happens("web-scale-1", { state: "exited", exitCode: 1 });
		await world.advance(4_000);
		expect(world.up()).toEqual(["web", "web-scale-2"]);
		world.scaler.follows(true);
		await world.advance(3_000);

		expect(world.up()).toHaveLength(3);
	});
});

describe("between two looks", () => {
	test("one that has gone is no newcomer to a pass that is late, and nobody is missed for it", async () => {
		const world = scaledWorld(scaledContainer("web", "1-3"));
		world.run();
		world.now.orders.set("nodes", 2);
		await world.advance(2_000);
		world.now.seen = world.draft();
		world.now.orders.set("nodes", 1);
		await world.advance(3_000);
		expect(world.calls.filter((call) => call.startsWith("stop"))).toHaveLength(1);
		expect(world.scaler.decisions().get("nodes")?.at(-1)?.observed).toMatchObject({ ready: 1 });

		world.now.seen = undefined;
		await world.advance(2_000);
		world.now.orders.set("nodes", 3);
		await world.advance(4_000);
		expect(world.up()).toHaveLength(3);
	});

	test("an original that we have stopped and a person starts is back", async () => {
		const created = "2026-01-02T00:00:00Z";
		const world = scaledWorld(scaledContainer("web-1", "1-2"), scaledContainer("web-2", "1-2", { created }));
		world.run();
		world.now.orders.set("nodes", 1);
		await world.advance(2_000);
		expect(world.up()).toEqual(["web-1"]);
		expect(world.all()).toContain("web-2");

		world.now.orders.set("nodes", 2);
		world.happens("web-2", { state: "running", startedAt: "2026-03-01T00:00:00Z" }, "start");
		await world.advance(1_000);
		expect(world.up()).toEqual(["web-1", "web-2"]);
		expect(world.calls).toEqual(["stop web-2"]);
	});

	test("those that are kept count at once", async () => {
		const world = scaledWorld(scaledContainer("web", "1-4"));
		world.run();
		world.now.orders.set("nodes", 3);
		await world.advance(2_000);
		world.now.finishing = 1;
		world.now.orders.set("nodes", 2);
		await world.advance(2_000);
		expect(world.held.size).toBe(1);

		world.now.orders.set("nodes", 3);
		for (let nudges = 0; nudges < 5; nudges += 1) {
			world.scaler.nudge();
			await settled();
		}
		await world.advance(1_000);
		expect(world.held.size).toBe(0);
		expect(world.calls.filter((call) => call.startsWith("create"))).toHaveLength(2);
		expect(world.records.at(-1)).toMatch(/^scale-up web-scale-\d: kept: /);
	});

	test("a nudge is answered at once, and one that comes while something is being done right after that", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		const making = Promise.withResolvers<void>();
		world.now.making = making.promise;
		world.run();
		await settled();
		world.scaler.nudge();
		await settled();
		expect(world.calls).toEqual(["create web-scale-1"]);

		world.now.orders.set("nodes", 3);
		world.scaler.nudge();
		making.resolve();
		await world.advance(250);
		expect(world.up()).toHaveLength(3);
	});
});
