import { describe, expect, test } from "vitest";
import { idOf } from "../testing/containers.ts";
import { dockerKill, dockerStop } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

type World = ReturnType<typeof scaledWorld>;

const idle = { "ballast.scale.idle": "2s" };
const never = { "ballast.scale.idle": "1h" };
const web = (labels: Readonly<Record<string, string>> = idle) => scaledContainer("web", "0-3", { labels });

async function asleep(): Promise<World> {
	const world = scaledWorld(web());
	world.run();
	await world.advance(8_000);
	expect(world.up()).toEqual([]);
	return world;
}

/** Somebody asks, until a container is up. */
async function asks(world: World, ms = 3_000): Promise<void> {
	world.now.waiting = 1;
	await world.advance(ms);
	if (world.up().length > 0) world.now.waiting = 0;
}

describe("a wake", () => {
	test("of one that was removed at that moment is not counted for ever", async () => {
		const world = await asleep();
		world.now.seen = world.draft();
		world.happens("web", {}, "destroy");
		await asks(world, 1_000);
		world.now.waiting = 0;
		world.add(scaledContainer("web-2", "0-3", { labels: idle }));
		world.now.seen = undefined;

		await world.advance(120_000);
		expect(world.up()).toEqual([]);
	});

	test("whose end nobody has heard is made again", async () => {
		const world = await asleep();
		world.now.seen = world.draft();
		await asks(world, 600);
		expect(world.up()).toEqual(["web"]);
		world.happens("web", { state: "exited" });
		world.now.seen = undefined;
		world.now.waiting = 1;

		await world.advance(300_000);
		expect(world.up()).toEqual(["web"]);
	});

	test("that failed is not said to have failed as it was before", async () => {
		const world = await asleep();
		[world.now.start, world.now.seen] = ["crashes", world.draft()];
		await asks(world, 700);

		expect(world.scaler.problems()).toMatchObject([
			{ message: "it was started again, and ended, before it was ready" },
		]);
	});

	test("does not wait for another pool's start that hangs", async () => {
		const shop = { "ballast.pool": "shop" };
		const world = scaledWorld(web(), scaledContainer("shop", "1-4", { labels: shop }));
		const making = Promise.withResolvers<void>();
		world.run();
		await world.advance(8_000);
		expect(world.up()).toEqual(["shop"]);
		world.now.making = making.promise;
		world.now.orders.set("shop", 2);
		await world.advance(2_000);

		world.now.waiting = 1;
		await world.advance(2_000);
		expect(world.up()).toContain("web");
		making.resolve();
	});
});

describe("to sleep", () => {
	test("takes one though nothing that it has in flight is waited for", async () => {
		const world = scaledWorld(web({ ...idle, "ballast.drain": "0s" }));
		world.run();
		await world.advance(30_000);
		expect(world.records).toHaveLength(1);
		expect(world.up()).toEqual([]);
	});

	test("a controller that ends meanwhile leaves the next one to know of it", async () => {
		const world = scaledWorld(web());
		const [controller, stop] = [world.run(), Promise.withResolvers<void>()];
		world.now.stopping = stop.promise;
		await world.advance(8_000);
		controller.abort();
		stop.reject(new Error("aborted"));
		await world.advance(0);
		expect([...world.asleep.keys()]).toEqual([idOf("web")]);
	});

	test("and one that was not stopped before its controller ended is served again", async () => {
		const world = scaledWorld(web(never));
		world.asleep.set(idOf("web"), "2026-01-01T00:00:01Z");
		// What the first pass has found, and nobody makes another.
		world.now.seen = world.draft();
		world.run();
		await world.advance(10_000);
		expect([...world.asleep]).toEqual([]);
	});
});

describe("what people do", () => {
	test("to one that drains is theirs", async () => {
		const labels = { ...never, "ballast.drain": "60s", "ballast.scale.down-after": "60s" };
		const world = scaledWorld(web(labels), scaledContainer("web-2", "0-3", { labels }));
		world.now.finishing = 1;
		world.run();
		for (let n = 0; n < 4_000 && world.held.size === 0; n += 1) await world.advance(100);
		expect([...world.held.values()]).toEqual(["drain"]);

		const name = ["web", "web-2"].find((one) => world.held.has(idOf(one))) ?? "";
		world.happens(name, ...dockerStop);
		[world.now.finishing, world.now.inFlight] = [0, 100];
		await world.advance(35_000);
		expect([...world.asleep]).toEqual([]);
		expect(world.up()).not.toContain(name);
	});

	test("while only scaling heard of it is no sleep", async () => {
		const world = scaledWorld(web(never));
		world.run();
		await world.advance(3_000);
		world.happens("web", ...dockerStop);
		world.leaving.clear();
		await world.advance(5_000);
		await asks(world);
		expect(world.up()).toEqual([]);
	});

	test("by docker kill is undone by the next request", async () => {
		const world = scaledWorld(web(never));
		world.run();
		await world.advance(3_000);
		world.happens("web", ...dockerKill);
		await world.advance(3_000);
		expect([...world.asleep.keys()]).toEqual([idOf("web")]);
		await asks(world);
		expect(world.up()).toEqual(["web"]);
	});

	test("who is run with --rm never sleeps, as it would be gone, and that is told", async () => {
		const world = scaledWorld(web());
		world.now.autoRemove = true;
		world.run();
		await world.advance(30_000);
		expect(world.up()).toEqual(["web"]);
		expect(world.scaler.problems()).toMatchObject([{ code: "not-cloned", subject: "web" }]);
	});
});

test("an original that Docker would remove once it has stopped is not taken away, whoever asks for fewer", async () => {
	const later = { created: "2026-01-02T00:00:00Z", endsForGood: true } as const;
	const world = scaledWorld(
		scaledContainer("web-1", "1"),
		scaledContainer("web-2", "1", later),
		scaledContainer("web-3", "1", later),
	);
	world.run();
	await world.advance(60_000);

	expect(world.calls).toEqual(["stop web-1"]);
	expect(world.up()).toEqual(["web-2", "web-3"]);
	expect(world.scaler.decisions().get("nodes")?.at(-1)).toMatchObject({ kind: "hold", policy: { max: 2 } });
});
