import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, expect, test } from "vitest";
import { createFakeClock } from "./testing/fake-clock.ts";
import { fakeId } from "./testing/fake-container.ts";
import { followingLoop } from "./testing/following-loop.ts";

/*
 * What an engine, or what stands before it, may do, and the whole controller: each fault ends with the right pool. Waits are
 * for conditions, so a lost event would have to wait for the minute's full list, which is longer than any of these tests.
 */
let world: Awaited<ReturnType<typeof followingLoop>>;
const becomes = async (...names: readonly string[]) =>
	expect.poll(() => world.pool()).toEqual(names.toSorted());
const isWell = async () =>
	expect
		.poll(() => world.status.view())
		.toMatchObject({ state: "ok", problems: [], engine: { connected: true } });

/** All that was hinted at has been read. */
const isIdle = async () => {
	for (let before = -1; before !== world.docker.requests.length; await delay(300))
		before = world.docker.requests.length;
};

beforeEach(async () => {
	world = await followingLoop();
	for (const name of ["a", "b", "c"]) world.start(name);
	await becomes("a", "b", "c");
	await isWell();
});

test("a stream that is cut while containers come and go: what was missed is caught up with, and nothing is degraded", async () => {
	world.docker.cut();
	world.life.stop(fakeId("a"));
	world.life.remove(fakeId("b"));
	world.start("d");
	world.life.restart(fakeId("c"));

	await becomes("c", "d");
	expect(world.status.view()).toMatchObject({ state: "ok", engine: { cuts: { count: 1 } } });
});

test("half a line, then a cut: the event is not lost", async () => {
	world.docker.faults.silent = true;
	world.life.stop(fakeId("a"));
	world.docker.faults.silent = false;
	world.docker.send(`{"Type":"container","Action":"die","Actor":{"ID":"${fakeId("a").slice(0, 20)}`);
	world.docker.cut();

	await becomes("b", "c");
});

test.each([
	["garbage", "\u0000\u0001 what?\n"],
	["a page of a proxy", "<html>\n<body>502</body>\n</html>\n"],
	["another event", '{"Type":"container","Action":"die","Actor":{"ID":7},"timeNano":"x"}\n'],
])("%s in place of an event: the event is not lost", async (_, garbage) => {
	world.docker.faults.silent = true;
	world.life.stop(fakeId("a"));
	world.docker.faults.silent = false;
	world.docker.send(garbage);

	await becomes("b", "c");
	await isWell();
});

test("an event between subscription and list is not lost, and neither is one during the list", async () => {
	world.docker.faults.onSubscribed = () => {
		world.docker.faults.onSubscribed = () => undefined;
		world.start("d");
		setImmediate(() => world.life.stop(fakeId("b")));
	};
	world.docker.cut();

	await becomes("a", "c", "d");
});

test("events that come twice, or after the one that follows them, end with the right pool", async () => {
	Object.assign(world.docker.faults, { doubled: true, swapped: true });
	for (const name of ["d", "e", "f"]) world.start(name);
	for (const name of ["a", "b", "d"]) world.life.stop(fakeId(name));
	world.life.restart(fakeId("c"));
	world.life.remove(fakeId("e"));
	// The one that is held back is let go by another.
	world.docker.emit(fakeId("f"), "rename");
	world.docker.emit(fakeId("f"), "rename");

	await becomes("c", "f");
	await isWell();
});

test.each([500, 410])(
	"a list that is refused with %i: what was served stays, the tries are told, and then all is caught up with",
	async (status) => {
		world.docker.faults.answer = { path: "/containers/json", status, body: '{"message":"no"}' };
		world.docker.cut();
		world.life.stop(fakeId("a"));
		world.start("d");
		await expect.poll(() => world.status.view().engine.reading?.attempt).toBeGreaterThan(2);
		expect(world.pool()).toEqual(["a", "b", "c"]);
		expect(world.status.view()).toMatchObject({
			state: "degraded",
			problems: [{ code: "docker-failed", subject: "engine", message: expect.stringContaining(`${status}`) }],
		});

		delete world.docker.faults.answer;
		await becomes("b", "c", "d");
		await isWell();
	},
);

test("a list that is refused once is tried again, and degrades nothing", async () => {
	const states = new Set<string>();
	const watching = setInterval(() => states.add(world.status.view().state), 2);
	world.docker.faults.answer = { path: "/containers/json", status: 500, body: "{}", once: true };
	world.docker.cut();
	world.start("d");

	await becomes("a", "b", "c", "d");
	clearInterval(watching);
	expect([...states]).toEqual(["ok"]);
});

test.each([
	["is refused with 500", { status: 500, body: '{"message":"no layer"}' }],
	["is nonsense", { body: "[]" }],
	["never comes", { never: true }],
])(
	"an inspect whose answer %s: its container stays as it was and is told of, the others go on",
	async (_, fault) => {
		world.docker.faults.answer = { path: fakeId("a"), ...fault };
		world.docker.emit(fakeId("a"), "rename");
		world.life.stop(fakeId("b"));
		world.start("d");

		await becomes("a", "c", "d");
		await expect
			.poll(() => world.status.view().problems)
			.toMatchObject([{ code: "unreadable-container", subject: "a" }]);
		world.start("e");
		await becomes("a", "c", "d", "e");

		world.life.stop(fakeId("a"));
		await becomes("c", "d", "e");
	},
);

test("a stream that is refused: containers are still read by what is hinted, and the tries are told until it is back", async () => {
	world.docker.faults.answer = { path: "/events", status: 410, body: '{"message":"gone"}' };
	world.docker.cut();
	await expect
		.poll(() => world.status.view())
		.toMatchObject({
			state: "degraded",
			problems: [{ code: "docker-events", message: expect.stringContaining("410") }],
			engine: { connected: false, nextTry: expect.any(String) },
		});
	world.life.stop(fakeId("a"));

	delete world.docker.faults.answer;
	await becomes("b", "c");
	await isWell();
}, 120_000);

test("a stream that is cut every few seconds costs a list each time, and no inspect of what has not changed", async () => {
	world = await followingLoop({ times: { good: 20 } });
	for (const name of ["a", "b", "c"]) world.start(name);
	for (let n = 0; n < 300; n += 1) world.start(`more-${n}`);
	await expect.poll(() => world.pool().length).toBe(303);
	await isIdle();
	world.docker.clock.now = () => Date.now() + 3_600_000;
	world.docker.requests.length = 0;

	for (let cut = 1; cut <= 4; cut += 1) {
		world.docker.cut();
		await expect
			.poll(() => world.docker.requests.filter((one) => one.includes("/containers/json")).length)
			.toBe(cut);
		await delay(50);
	}
	world.life.stop(fakeId("a"));

	await expect.poll(() => world.pool().length).toBe(302);
	expect(world.docker.requests.length).toBeLessThan(40);
	expect(world.status.view().state).toBe("ok");
}, 120_000);

test("an hour of a stream that is open and dead: each change is seen within a minute, and the first word at once", async () => {
	const clock = createFakeClock(Date.now());
	world = await followingLoop({ clock });
	const minutes = async (count: number) => {
		for (let tick = 0; tick < count * 12; tick += 1) {
			await clock.advance(5_000);
			await delay(1);
		}
	};
	for (const name of ["a", "b", "c"]) world.start(name);
	await becomes("a", "b", "c");
	world.docker.faults.silent = true;
	await minutes(20);
	world.life.stop(fakeId("a"));
	await minutes(2);
	expect(world.pool()).toEqual(["b", "c"]);
	expect(world.status.view().problems, "the event of one change may still be on its way").toEqual([]);
	world.life.stop(fakeId("b"));
	await minutes(2);
	expect(world.status.view().problems).toMatchObject([{ code: "docker-events-silent", subject: "engine" }]);
	await minutes(38);
	world.docker.faults.silent = false;
	await minutes(2);
	world.start("d");

	await becomes("c", "d");
	expect(world.status.view().problems).toEqual([]);
}, 120_000);
