import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { hasHistory, keptLines, lastLine, printedLines } from "../harness/membership.ts";
import { type RunningProxy, startProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;

beforeAll(async () => {
	sandbox = await createSandbox("joining");
	proxy = await startProxy(sandbox);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a proxy without servers says so in plain text, and when to come back", async () => {
	const response = await eventually(async () => fetch(proxy.url));
	expect(response.status).toBe(503);
	expect(response.headers.get("content-type")).toMatch("text/plain");
	expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
	expect(await response.text()).toMatch(/No server of the pool nodes answers/);
	await agreeOn(proxy);
});

test("s1 and s2 join a proxy that waits for them, s3 joins them, s1 stops", async () => {
	const [s1, s2] = await Promise.all([startWebapp(sandbox, "s1"), startWebapp(sandbox, "s2")]);
	await agreeOn(proxy, s1, s2);

	const s3 = await startWebapp(sandbox, "s3");
	await agreeOn(proxy, s1, s2, s3);

	const stopped = docker("stop", "--time", "5", s1);
	// Told to stop is enough: it has left while it still serves on.
	await agreeOn(proxy, s2, s3);
	await stopped;
	await agreeOn(proxy, s2, s3);

	const well = { state: "ok", pools: 1, servers: 2, problems: [] };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(well));
	expect(await lastLine(proxy, s1, "leave")).toMatchObject({
		role: "backend",
		pool: "nodes",
		why: "told to stop (SIGTERM)",
	});
});

test("a stopped server that is started again joins again", async () => {
	const [s1, s2, s3] = ["s1", "s2", "s3"].map(sandbox.nameOf) as [string, string, string];
	await docker("start", s1);
	await agreeOn(proxy, s1, s2, s3);
	expect(await lastLine(proxy, s1, "join")).toMatchObject({ why: "healthy" });
});

test("a restarted server leaves and joins again", async () => {
	const s2 = sandbox.nameOf("s2");
	await docker("restart", "--time", "5", s2);
	await agreeOn(proxy, ...["s1", "s2", "s3"].map(sandbox.nameOf));
	await hasHistory(proxy, s2, "join: healthy", "leave: told to stop (SIGTERM)", "join: healthy");
});

test("the log of joins and leaves is the same on standard output and in the state, each line whole", async () => {
	const lines = await keptLines(proxy);
	await eventually(async () => expect(await printedLines(proxy)).toEqual(lines));
	const [balancer, ...backends] = lines;
	const networks = await inspect(proxy.name, ".NetworkSettings.Networks");
	expect(balancer).toEqual({
		time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
		role: "balancer",
		name: proxy.name,
		id: await inspect(proxy.name, ".Id"),
		address: (networks as Record<string, { IPAddress: string }>)[proxy.network]?.IPAddress,
		pool: "",
		event: "join",
		why: "started",
	});
	for (const line of backends) {
		expect(line).toMatchObject({ role: "backend", pool: "nodes" });
		expect(line.address).toMatch(/^\d+\.\d+\.\d+\.\d+:3000$/);
		expect(line.id).toMatch(/^[0-9a-f]{64}$/);
	}
});

test("a recreated server of the same name is another server", async () => {
	const s3 = sandbox.nameOf("s3");
	await remove(s3);
	await startWebapp(sandbox, "s3");
	await agreeOn(proxy, ...["s1", "s2", "s3"].map(sandbox.nameOf));
});

test("the log stays bounded: a full one makes way, and one older is kept", async () => {
	const state = "cd /var/lib/ballast/state &&";
	const s3 = sandbox.nameOf("s3");
	for (const _ of ["first", "second"]) {
		await sh(proxy.name, `${state} head -c 1048576 /dev/zero >> membership.log`, "10002:10002");
		await remove(s3);
		await startWebapp(sandbox, "s3");
		await agreeOn(proxy, ...["s1", "s2", "s3"].map(sandbox.nameOf));
	}
	expect(await sh(proxy.name, `${state} ls membership*`, "10002:10002")).toBe(
		"membership.log\nmembership.log.1",
	);
	await eventually(async () => {
		const kept = (await keptLines(proxy)).map(({ name, event }) => `${name} ${event}`);
		expect(kept).toEqual([`${s3} failed`, `${s3} join`]);
	});
});

test("a proxy that starts after its servers serves them with its first answer", async () => {
	const late = await startProxy(sandbox, [], "late-proxy");
	const first = await eventually(async () => fetch(late.url));
	expect(first.status).toBe(200);
	await agreeOn(late, ...["s1", "s2", "s3"].map(sandbox.nameOf));
	await eventually(async () => {
		const lines = (await keptLines(late)).map(({ role, event }) => `${role} ${event}`);
		expect(lines).toEqual(["balancer join", "backend join", "backend join", "backend join"]);
	});
});
