import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, sh, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { keptLines } from "../harness/membership.ts";
import { processesNamed } from "../harness/processes.ts";
import { ballast, type RunningProxy, startProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { timed } from "../harness/timed.ts";
import { startTraffic } from "../load/traffic.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let s1: string;
let s2: string;
let s3: string;

const gentle = { kept: 2, thinkMs: 50, fresh: 2 };

beforeAll(async () => {
	sandbox = await createSandbox("processes");
	[proxy, s1, s2, s3] = await Promise.all([
		startProxy(sandbox),
		startWebapp(sandbox, "s1"),
		startWebapp(sandbox, "s2"),
		startWebapp(sandbox, "s3"),
	]);
	await agreeOn(proxy, s1, s2, s3);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a controller that is killed comes back, loses no request, and repeats no join", async () => {
	const traffic = startTraffic(proxy.url, gentle);
	const before = await keptLines(proxy);
	const generation = (await statusOf(proxy)).generation;
	await killController();
	await eventually(async () => expect((await statusOf(proxy)).generation).toBe(generation));
	await timed("controller killed: all agree", () => agreeOn(proxy, s1, s2, s3));
	expect(await keptLines(proxy)).toEqual(before);
	expect((await statusOf(proxy)).lastReload).toBeNull();
	expect((await traffic.stop()).lost).toEqual([]);
});

test("what changed while the controller was away is caught up with", async () => {
	await docker("exec", proxy.name, "s6-svc", "-wD", "-T", "60000", "-d", "/run/service/controller");
	const [, s4] = await Promise.all([docker("stop", "--time", "5", s1), startWebapp(sandbox, "s4")]);
	await docker("exec", proxy.name, "s6-svc", "-u", "/run/service/controller");
	await agreeOn(proxy, s2, s3, s4);
	const [left, joined] = (await keptLines(proxy)).slice(-2);
	expect(left).toMatchObject({ name: s1, event: expect.stringMatching(/leave|failed/) });
	expect(joined).toMatchObject({ name: s4, event: "join", why: "healthy" });
	await docker("rm", "--force", s1, s4);
	await agreeOn(proxy, s2, s3);
});

test("a controller that is frozen is told of; HAProxy serves on, and once it goes on, what it missed is right", async () => {
	const traffic = startTraffic(proxy.url, gentle);
	const pid = await controllerPid();
	await sh(proxy.name, `kill -STOP ${pid}`);
	expect(await ballast(proxy, "status")).toMatchObject({ exitCode: 3 });
	const [, s4] = await Promise.all([docker("stop", "--time", "5", s3), startWebapp(sandbox, "s4")]);
	await sh(proxy.name, `kill -CONT ${pid}`);
	await agreeOn(proxy, s2, s4);
	expect(await controllerPid()).toBe(pid);
	await docker("start", s3);
	await docker("stop", "--time", "5", s4);
	await docker("rm", s4);
	await agreeOn(proxy, s2, s3);
	expect((await traffic.stop()).lost).toEqual([]);
});

test("a proxy whose container is killed serves again once it is started, with the servers of now", async () => {
	await docker("kill", proxy.name);
	await docker("stop", "--time", "5", s3);
	await docker("start", proxy.name);
	const [url, statsUrl] = await Promise.all([urlOf(proxy.name, 80), urlOf(proxy.name, 1936)]);
	proxy = { ...proxy, url, statsUrl };
	await agreeOn(proxy, s2);
	await docker("start", s3);
	await agreeOn(proxy, s2, s3);
});

test.each(["master", "worker"] as const)(
	"HAProxy whose %s is killed comes back with the same generation",
	async (victim) => {
		const { generation } = await statusOf(proxy);
		const before = await keptLines(proxy);
		await sh(proxy.name, `kill -KILL ${(await haproxyPids())[victim]}`);
		await timed(`HAProxy's ${victim} killed: the pool is right`, () => agreeOn(proxy, s2, s3));
		await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ generation, state: "ok" }));
		expect(await keptLines(proxy)).toEqual(before);
	},
);

async function killController(): Promise<void> {
	const killed = await controllerPid();
	await sh(proxy.name, `kill -KILL ${killed}`);
	await eventually(async () => expect(["-1", killed]).not.toContain(await controllerPid()));
}

async function controllerPid(): Promise<string> {
	return docker("exec", proxy.name, "s6-svstat", "-o", "pid", "/run/service/controller");
}

/** Of workers that are still finishing there may be more: the newest is the one that serves. */
async function haproxyPids(): Promise<Record<"master" | "worker", number | undefined>> {
	const processes = await processesNamed(proxy.name, "/usr/sbin/haproxy");
	const pids = processes.map(({ pid }) => pid);
	return {
		master: processes.find(({ parent }) => !pids.includes(parent))?.pid,
		worker: processes.findLast(({ parent }) => pids.includes(parent))?.pid,
	};
}
