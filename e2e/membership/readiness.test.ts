import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { lastLine } from "../harness/membership.ts";
import {
	ballast,
	problemsOf,
	problemWith,
	type RunningProxy,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, remove, startServer, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let webapp: string;
let late: string;

beforeAll(async () => {
	sandbox = await createSandbox("readiness");
	[proxy, webapp, late] = await Promise.all([
		startProxy(sandbox, ["-e", "BALLAST_PORT=3000"]),
		startWebapp(sandbox, "webapp"),
		startServer(sandbox, "late", ...lateListener(3000)),
	]);
	await agreeOn(proxy, webapp);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a container without a HEALTHCHECK joins when it listens, and gets no request before", async () => {
	expect(await problemWith(proxy, "not-listening", late)).toMatchObject({ severity: "notice" });
	expect(await statusOf(proxy)).toMatchObject({ state: "ok", servers: 1 });
	await agreeOn(proxy, webapp);
	await letListen(late);
	await agreeOn(proxy, webapp, late);
	expect(await lastLine(proxy, late, "join")).toMatchObject({ why: "listening" });
});

test("a container whose HEALTHCHECK has not passed yet is a notice", async () => {
	const slow = await startWebapp(sandbox, "slow", "--health-cmd", "test -e /tmp/well");
	const notice = await problemWith(proxy, "health-starting", slow);
	expect(notice.severity).toBe("notice");
	await agreeOn(proxy, webapp, late);
	await remove(slow);
});

test("what never listens, or on loopback alone, is a problem that says what to do", async () => {
	const [deaf, loopback] = await Promise.all([
		startServer(sandbox, "deaf", ...lateListener(3000)),
		startServer(sandbox, "loopback", ...lateListener(3000, "127.0.0.1")),
	]);
	await letListen(loopback);
	for (const container of [deaf, loopback]) {
		const { message, hint } = await problemWith(proxy, "not-listening", container);
		expect(message).toMatch(/nothing accepts connections at \d+\.\d+\.\d+\.\d+:3000/);
		expect(hint).toContain("not on loopback alone");
	}
	await problemBecomesGrave(deaf);
	await problemBecomesGrave(loopback);
	expect(await ballast(proxy, "status")).toMatchObject({ exitCode: 1 });
	await agreeOn(proxy, webapp, late);

	await letListen(deaf);
	await agreeOn(proxy, webapp, late, deaf);
	expect((await problemsOf(proxy)).map(({ subject }) => subject)).toEqual([loopback]);
});

async function problemBecomesGrave(container: string): Promise<void> {
	await expect
		.poll(async () => (await problemWith(proxy, "not-listening", container)).severity, { timeout: 30_000 })
		.toBe("problem");
}
