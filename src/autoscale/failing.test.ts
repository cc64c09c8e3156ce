import { describe, expect, test } from "vitest";
import { idOf } from "../testing/containers.ts";
import { crash, dockerRemove } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

describe("what does not come up", () => {
	test("a clone that is not ready in time is removed and told, and the next one is tried later and later", async () => {
		const labels = { "ballast.scale.ready": "20s" };
		const world = scaledWorld(scaledContainer("web", "2", { labels }));
		world.now.start = "never ready";
		world.run();
		await world.advance(22_000);
		expect(world.all()).toEqual(["web"]);
		expect(world.scaler.problems()).toMatchObject([{ code: "clone-not-ready", subject: "web-scale-1" }]);
		expect(world.complaints).toEqual(["clone-not-ready web-scale-1"]);
		expect(world.records.at(-1)).toBe("scale-down web-scale-1: it took no requests within 20 s");

		await world.advance(5_000);
		expect(world.calls.filter((call) => call.startsWith("create"))).toHaveLength(1);
		await world.advance(5_000);
		expect(world.calls.filter((call) => call.startsWith("create"))).toHaveLength(2);

		await world.advance(24_000);
		expect(world.scaler.problems()[0]?.message).toContain("2 times in a row");
		expect(world.complaints).toEqual(["clone-not-ready web-scale-1"]);
	});

	test("one that takes its time to stop holds up nobody, and its name is taken until it is gone", async () => {
		const other = { "ballast.pool": "other" };
		const world = scaledWorld(
			scaledContainer("web", "2", { labels: { "ballast.scale.ready": "20s" } }),
			scaledContainer("api", "1-4", { labels: other }),
		);
		const stopping = Promise.withResolvers<void>();
		world.now.stopping = stopping.promise;
		world.now.start = "never ready";
		world.run();
		await world.advance(22_000);
		expect(world.calls).toEqual(["create web-scale-1", "stop web-scale-1"]);

		world.now.start = "ready";
		world.now.orders.set("other", 2);
		await world.advance(2_000);
		expect(world.up()).toContain("api-scale-1");
		await world.advance(30_000);
		expect(world.up()).toEqual(["web", "api", "web-scale-1", "api-scale-1", "web-scale-2"]);
		expect(world.calls.filter((call) => call === "stop web-scale-1")).toHaveLength(1);

		stopping.resolve();
		await world.advance(2_000);
		expect(world.all()).toEqual(["web", "api", "api-scale-1", "web-scale-2"]);
		expect(world.scaler.decisions().get("nodes")?.at(-1)).toMatchObject({ kind: "hold", present: 2 });
	});

	test("one that ends before any pass has seen it has failed at once", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.now.start = "crashes";
		world.run();
		await world.advance(5_000);

		expect(world.all()).toEqual(["web"]);
		expect(world.scaler.problems()).toMatchObject([{ code: "clone-not-ready" }]);
		expect(world.records).toContain("scale-down web-scale-1: it ended before it was ever ready");
	});

	test("one that was ready and ends by itself is written down as removed", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.run();
		await world.advance(5_000);
		world.happens("web-scale-1", ...crash);
		await world.advance(2_000);

		expect(world.records.slice(1, 2)).toEqual(["scale-down web-scale-1: it has failed"]);
	});

	test("one that Docker starts again and again was never ready", async () => {
		const world = scaledWorld(scaledContainer("web", "2", { labels: { "ballast.scale.ready": "20s" } }));
		world.now.start = "never ready";
		world.run();
		await world.advance(1_000);
		world.happens("web-scale-1", { state: "restarting" }, "die");
		await world.advance(22_000);

		expect(world.all()).toEqual(["web"]);
	});

	test("the clone of an original that has crashed has its time to become ready", async () => {
		const world = scaledWorld(scaledContainer("web", "1"));
		world.now.start = "never ready";
		world.run();
		await world.advance(2_000);
		world.happens("web", ...crash);
		await world.advance(30_000);

		expect(world.up()).toEqual(["web-scale-1"]);
		expect(world.scaler.problems()).toEqual([]);
	});

	test("what fails is told once, and tried again; another pool is none the worse", async () => {
		const other = { "ballast.pool": "other" };
		const world = scaledWorld(scaledContainer("web", "2"), scaledContainer("api", "2", { labels: other }));
		world.now.start = "fails";
		world.run();
		await world.advance(3_000);
		expect(world.calls).toContain("create web-scale-1");
		expect(world.calls).toContain("create api-scale-1");
		expect(world.warnings()).toEqual(Array(2).fill("scaling has to wait: its network is gone"));
		expect(world.all()).toEqual(["web", "api"]);

		world.now.start = "ready";
		await world.advance(8_000);
		expect(world.up()).toHaveLength(4);
		expect(world.warnings()).toHaveLength(2);
	});

	test("where Docker can't start one that is a problem with what it says, for as long as one is needed", async () => {
		const world = scaledWorld(scaledContainer("web", "1-8"));
		world.run();
		await world.advance(2_000);
		[world.now.start, world.now.inFlight] = ["fails", 60];
		await world.advance(20_000);
		expect(world.scaler.problems()).toMatchObject([
			{ code: "not-cloned", subject: "web", message: "no clone of it can be started: its network is gone" },
		]);
		expect(world.complaints).toEqual(["not-cloned web"]);

		world.now.inFlight = 0;
		await world.advance(60_000);
		expect(world.scaler.problems()).toEqual([]);
		expect(world.complaints).toHaveLength(1);
	});

	test("one that may not be removed is left alone for a minute, too", async () => {
		const world = scaledWorld(scaledContainer("web", "2", { labels: { "ballast.scale.ready": "20s" } }));
		[world.now.start, world.now.removes] = ["never ready", "denied"];
		world.run();
		await world.advance(75_000);
		expect(world.records.filter((line) => line.startsWith("scale-down"))).toHaveLength(1);
		expect(world.scaler.problems()).toContainEqual(expect.objectContaining({ code: "scale-denied" }));
	});

	test("an engine that takes no changes is left alone for a minute, and that is a problem", async () => {
		const world = scaledWorld(scaledContainer("web", "2"));
		world.now.start = "denied";
		world.run();
		await world.advance(59_000);
		expect(world.calls.filter((call) => call.startsWith("create"))).toHaveLength(1);
		expect(world.scaler.problems()).toMatchObject([{ code: "scale-denied", subject: "nodes" }]);
		expect(world.complaints).toEqual(["scale-denied nodes"]);
		expect(world.scaler.decisions().get("nodes")?.at(-1)).toMatchObject({ kind: "mend", advice: true });

		world.now.start = "ready";
		await world.advance(3_000);
		expect(world.up()).toHaveLength(2);
		expect(world.scaler.problems()).toEqual([]);
	});

	test("so is one that lets nobody be stopped", async () => {
		const world = scaledWorld(scaledContainer("web", "3"));
		world.run();
		await world.advance(2_000);
		world.now.removes = "denied";
		world.now.orders.set("nodes", 1);
		await world.advance(50_000);

		expect(world.up()).toHaveLength(3);
		expect(world.records.filter((record) => record.startsWith("scale-down"))).toHaveLength(1);
		expect(world.scaler.problems()).toMatchObject([{ code: "scale-denied" }]);

		world.now.removes = "done";
		await world.advance(60_000);
		expect(world.up()).toEqual(["web"]);
		expect(world.scaler.problems()).toEqual([]);
	});

	test("what it refuses is no addition: it neither brakes the next nor fills the list of decisions", async () => {
		const world = scaledWorld(scaledContainer("web", "1-8"));
		world.run();
		await world.advance(5_000);
		world.now.start = "denied";
		for (let second = 0; second < 150; second += 1) {
			world.now.inFlight = 90 + second;
			world.now.requests += 100;
			await world.advance(1_000);
		}
		const decisions = world.scaler.decisions().get("nodes") ?? [];

		expect(decisions.at(-1)).toMatchObject({ kind: "up", advice: true, brakeUntil: undefined });
		expect(decisions[0]).toMatchObject({ kind: "hold" });
		expect(decisions.length).toBeLessThan(20);
	});

	test("what can't be cloned is told before a clone is needed, and once where one is", async () => {
		const publishedPorts = [{ address: "", port: 8080 }];
		const world = scaledWorld(scaledContainer("web", "1-4", { publishedPorts }));
		world.run();
		await world.advance(2_000);
		expect(world.scaler.problems()).toMatchObject([{ code: "not-cloned", subject: "web" }]);

		world.now.orders.set("nodes", 2);
		await world.advance(2_000);
		expect(world.scaler.problems()).toMatchObject([{ code: "not-cloned", subject: "web" }]);
		expect(world.calls).toEqual([]);

		world.happens("web", ...dockerRemove);
		world.add(scaledContainer("web", "1-4", { id: idOf("another") }));
		await world.advance(2_000);
		expect(world.scaler.problems()).toEqual([]);
		expect(world.up()).toEqual(["web", "web-scale-1"]);
	});
});
