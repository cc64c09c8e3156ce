import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { fakeId } from "../../src/testing/fake-container.ts";
import { eventually } from "../harness/eventually.ts";
import { type FakedProxy, startFakedProxy } from "../harness/fake-engine.ts";
import { problemsOf, serversOf, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";

/*
 * What a daemon may do that a real one can't be made to, as far as HAProxy has a part in it; the rest is in
 * src/daemon-faults.test.ts.
 */
let sandbox: Sandbox;
let faked: FakedProxy;
const traffic = { asked: 0, failed: [] as string[], ends: new AbortController() };

beforeAll(async () => {
	sandbox = await createSandbox("daemon");
	faked = await startFakedProxy(sandbox, [], ({ engine, app }) => {
		for (const n of [0, 1, 2, 3]) engine.add(app(n));
	});
	await serves(0, 1, 2, 3);
});
afterAll(async () => {
	await faked[Symbol.asyncDispose]();
	await sandbox[Symbol.asyncDispose]();
});

let asking: Promise<void>;
beforeEach(() => {
	Object.assign(traffic, { asked: 0, failed: [], ends: new AbortController() });
	asking = ask();
});
afterEach(async () => {
	traffic.ends.abort();
	await asking;
	expect(traffic.asked).toBeGreaterThan(0);
	expect(traffic.failed).toEqual([]);
});

test("a daemon whose stream is cut and whose list fails: what is served goes on, and then the pool is right", async () => {
	const { engine, life, app, proxy } = faked;
	engine.faults.answer = { path: "/containers/json", status: 500, body: '{"message":"no"}' };
	engine.cut();
	life.stop(fakeId("app-1"));
	life.start(app(4));
	await eventually(async () => expect((await problemsOf(proxy))[0]?.code).toBe("docker-failed"));
	expect((await serversOf(proxy)).map(({ container }) => container).toSorted()).toEqual([
		"app-0",
		"app-1",
		"app-2",
		"app-3",
	]);

	delete engine.faults.answer;
	await serves(0, 2, 3, 4);
	const well = { state: "ok", engine: { connected: true, cuts: { count: 1 } } };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(well));
});

test("a daemon that never answers about one container: it is served on, and others come and go meanwhile", async () => {
	const { engine, life, app, proxy } = faked;
	engine.faults.answer = { path: fakeId("app-2"), never: true };
	engine.emit(fakeId("app-2"), "rename");
	life.stop(fakeId("app-3"));
	life.start(app(5));

	await serves(0, 2, 4, 5);
	await eventually(async () => {
		expect(await problemsOf(proxy)).toMatchObject([{ code: "unreadable-container", subject: "app-2" }]);
	});
	life.stop(fakeId("app-2"));
	await serves(0, 4, 5);
	delete engine.faults.answer;
});

test("a daemon that tells everything twice and in the wrong order: the pool is right", async () => {
	const { engine, life, app } = faked;
	Object.assign(engine.faults, { doubled: true, swapped: true });
	for (const n of [6, 7]) life.start(app(n));
	life.stop(fakeId("app-4"));
	life.restart(fakeId("app-5"));
	life.remove(fakeId("app-6"));
	engine.emit(fakeId("app-7"), "rename");
	engine.emit(fakeId("app-7"), "rename");

	await serves(0, 5, 7);
	Object.assign(engine.faults, { doubled: false, swapped: false });
});

/** Exactly these are servers, and HAProxy finds each of them up. */
async function serves(...apps: readonly number[]): Promise<void> {
	await eventually(async () => {
		const rows = await serversOf(faked.proxy);
		expect(rows.map(({ container, status }) => `${container} ${status}`).toSorted()).toEqual(
			apps.map((n) => `app-${n} UP`).toSorted(),
		);
	});
}

async function ask(): Promise<void> {
	while (!traffic.ends.signal.aborted) {
		const answer = await fetch(faked.proxy.url).then(({ status }) => `${status}`, String);
		traffic.asked += 1;
		await delay(5);
		if (answer !== "200") traffic.failed.push(answer);
	}
}
