import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { type FakedProxy, startFakedProxy } from "../harness/fake-engine.ts";
import { serversOf, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";

let sandbox: Sandbox;
let faked: FakedProxy;

beforeAll(async () => {
	sandbox = await createSandbox("daemon");
	faked = await startFakedProxy(sandbox, [], ({ engine, app }) => {
		for (const n of [1, 2, 3]) engine.add(app(n));
	});
});
afterAll(async () => {
	await faked[Symbol.asyncDispose]();
	await sandbox[Symbol.asyncDispose]();
});

test("a proxy follows a fake engine, and its servers answer", async () => {
	await serves(1, 2, 3);
	const response = await fetch(faked.proxy.url);
	expect(response.status).toBe(200);
	expect(response.headers.get("x-backend-ip")).toMatch(/^127\.1\.0\.[123]$/);
	faked.life.stop(faked.life.start(faked.app(4)));
	faked.life.start(faked.app(5));
	await serves(1, 2, 3, 5);
	expect(await statusOf(faked.proxy)).toMatchObject({ state: "ok", engine: { connected: true } });
});

/** Exactly these are servers, and HAProxy finds each of them up. */
async function serves(...apps: readonly number[]): Promise<void> {
	await eventually(async () => {
		const rows = await serversOf(faked.proxy);
		expect(rows.map(({ container, status }) => `${container} ${status}`).toSorted()).toEqual(
			apps.map((n) => `app-${n} UP`).toSorted(),
		);
	}, 30_000);
}
