import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, pause } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { becomes } from "../harness/health.ts";
import { keptLines } from "../harness/membership.ts";
import {
	ballast,
	problemWith,
	type RunningProxy,
	restartProxy,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { createEngineRelay, type EngineRelay } from "./engine-relay.ts";

let sandbox: Sandbox;
let relay: EngineRelay;
let proxy: RunningProxy;
let s1: string;
let s2: string;

beforeAll(async () => {
	sandbox = await createSandbox("engine");
	relay = await createEngineRelay(sandbox);
	[proxy, s1, s2] = await Promise.all([
		startProxy(sandbox, relay.options),
		startWebapp(sandbox, "s1"),
		startWebapp(sandbox, "s2"),
	]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("an engine that can't be reached at the start: an empty pool answers, and the reason is told", async () => {
	const response = await eventually(async () => fetch(proxy.url));
	expect(response.status).toBe(503);
	await agreeOn(proxy);
	const problem = await problemWith(proxy, "docker-unreachable", "engine");
	expect(problem.message).toContain("There is no Docker socket at /sockets/docker.sock");
	expect(problem.hint).toContain("is the engine running?");
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded", engine: { connected: false } });
	expect((await ballast(proxy, "status")).stdout).toContain("not connected");
	await becomes(proxy.name, "healthy");
});

test("when the engine appears, the servers join by themselves", async () => {
	await relay.open();
	await agreeOn(proxy, s1, s2);
	await isWell();
	expect((await keptLines(proxy)).map(({ role, event }) => `${role} ${event}`)).toEqual([
		"balancer join",
		"backend join",
		"backend join",
	]);
});

test("an event stream that is cut is taken up again, and what was missed is caught up with", async () => {
	await Promise.all([relay.cut(), docker("stop", "--time", "5", s1)]);
	await agreeOn(proxy, s2);
	await isWell();
});

test("an engine that goes away leaves what was served; what happened meanwhile follows when it is back", async () => {
	await relay.close();
	await isDeaf();
	await docker("start", s1);
	await agreeOn(proxy, s2);
	await becomes(proxy.name, "healthy");
	await relay.open();
	await agreeOn(proxy, s1, s2);
	await isWell();
});

test("an engine that answers nonsense leaves what was served", async () => {
	await relay.talkNonsense();
	const problem = await problemWith(proxy, "docker-nonsense", "engine");
	expect(problem.message).toContain("what was served goes on");
	await agreeOn(proxy, s1, s2);
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded", servers: 2 });
	await relay.cut();
	await isWell();
	await agreeOn(proxy, s1, s2);
});

test("a start without Docker serves who was served, if they answer, until Docker does", async () => {
	await pause(relay.name);
	await docker("stop", "--time", "5", s2);
	proxy = await restartProxy(proxy);
	await agreeOn(proxy, s1);
	const notServed = `not served: ${s2} at `;
	const { severity, message } = await problemWith(proxy, "stale-membership", "servers", notServed);
	expect(severity).toBe("notice");
	expect(message).toContain("in this same run of machine and engine: 1 of them accept");
	await problemWith(proxy, "docker-unreachable", "engine");
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded", servers: 1 });
	await docker("start", s2);
	await docker("unpause", relay.name);
	await agreeOn(proxy, s1, s2);
	await isWell();
});

/** The event stream tells first, unless a pass was under way and failed: then what failed it is the problem. */
async function isDeaf(): Promise<void> {
	const told = expect.arrayContaining([
		expect.objectContaining({
			subject: "engine",
			code: expect.stringMatching(/^docker-(events|unreachable)$/),
		}),
	]);
	const deaf = { state: "degraded", engine: { connected: false }, problems: told };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(deaf));
}

async function isWell(): Promise<void> {
	const well = { state: "ok", engine: { connected: true }, problems: [] };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(well));
}
