import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, sh, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { lastLine } from "../harness/membership.ts";
import { ballast, problemWith, type RunningProxy, startProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";
import { startTraffic, type Traffic } from "../load/traffic.ts";
import { isUnharmed } from "./unharmed.ts";

/* What the proxy writes to fails: full, read-only, damaged. Each lies on a small disk of its own. */

const controller = "10002:10002";
const state = "/var/lib/ballast/state";
const generation = "/var/lib/ballast/generation";
const disks = [
	...["--tmpfs", `${state}:size=256k,uid=10002,gid=10002,mode=0750`],
	...["--tmpfs", `${generation}:size=512k,uid=10002,gid=10001,mode=2750`],
] as const;

let sandbox: Sandbox;
let proxy: RunningProxy;
let s1: string;
let s2: string;
let traffic: Traffic;

beforeAll(async () => {
	sandbox = await createSandbox("disk");
	[proxy, s1, s2] = await Promise.all([
		startProxy(sandbox, disks),
		startWebapp(sandbox, "s1"),
		startWebapp(sandbox, "s2"),
	]);
	await agreeOn(proxy, s1, s2);
	traffic = startTraffic(proxy.url, { kept: 3, thinkMs: 100, fresh: 2 });
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a state directory that is full is told of; the pool follows on, and the log is made up for", async () => {
	await sh(proxy.name, `rm ${state}/membership.log; cat /dev/zero >${state}/filler || true`, controller);
	const s3 = await startWebapp(sandbox, "s3");
	await agreeOn(proxy, s1, s2, s3);
	await problemWith(proxy, "membership-log-not-written");
	await sh(proxy.name, `rm ${state}/filler`, controller);
	await lastLine(proxy, s3, "join");
	await isWell();
	await remove(s3);
	await agreeOn(proxy, s1, s2);
});

test("a state directory that became read-only is told of; the pool follows on, and the log is made up for", async () => {
	await remount("ro");
	const s3 = await startWebapp(sandbox, "s3");
	await agreeOn(proxy, s1, s2, s3);
	const { message } = await problemWith(proxy, "membership-log-not-written");
	expect(message).toContain("EROFS");
	await remount("rw");
	await lastLine(proxy, s3, "join");
	await isWell();
	await remove(s3);
	await agreeOn(proxy, s1, s2);
});

test("where no generation can be written, who is served stays so, and who leaves is let go at once", async () => {
	await sh(proxy.name, `cat /dev/zero >${generation}/filler || true`, controller);
	const s3 = await startWebapp(sandbox, "s3");
	const { message } = await problemWith(proxy, "generation-disk");
	expect(message).toContain("the disk is full");
	const [address1, address2] = await Promise.all([addressOf(s1), addressOf(s2)]);
	await docker("stop", "--time", "5", s2);
	await eventually(async () => {
		const seen = await answers();
		expect(seen).toContain(address1);
		expect(seen).not.toContain(address2);
	});
	await sh(proxy.name, `rm ${generation}/filler`, controller);
	await docker("start", s2);
	await agreeOn(proxy, s1, s2, s3);
	await isWell();
	await remove(s3);
	await agreeOn(proxy, s1, s2);
});

test("none of that lost a request", async () => {
	await isUnharmed("failing disks", traffic);
});

test.each([
	["the map is gone", "rm maps/routes.map"],
	["the map is cut short", "truncate -s 5 maps/routes.map"],
	["the configuration is garbage", "head -c 2000 /dev/urandom >haproxy.cfg"],
])("a generation in force of which %s is written anew when HAProxy needs it", async (_, damage) => {
	await sh(proxy.name, `cd ${generation}/current && ${damage}`, controller);
	await docker("exec", proxy.name, "s6-svc", "-k", "/run/service/haproxy");
	await agreeOn(proxy, s1, s2);
	await isWell();
});

test("a record of the fleet that is damaged is no end of anything", async () => {
	await sh(proxy.name, `echo '{"pools":[' >${generation}/current/fleet.json`, controller);
	await docker("exec", proxy.name, "s6-svc", "-k", "/run/service/controller");
	await eventually(async () => expect((await ballast(proxy, "status")).exitCode).toBe(0));
	await agreeOn(proxy, s1, s2);
	await isWell();
});

test("a state directory full of garbage is told of where it counts, and the proxy starts", async () => {
	const files = "for file in membership.log membership.log.1 cookie-key";
	const spoil = `${files}; do head -c 3000 /dev/urandom >$file; done; rm -rf templates; echo x >templates`;
	const damaged = await startProxy(sandbox, ["-v", `${await spoiltVolume(spoil)}:${state}`], "damaged");
	await agreeOn(damaged, s1, s2);
	const { message } = await problemWith(damaged, "cookie-key-not-kept");
	expect(message).toContain("expected 8 to 64 letters");
	expect((await ballast(damaged, "log")).stdout).toContain(s1);
	await remove(damaged.name);
});

test("a state directory that is read-only at the start is refused, with the reason", async () => {
	const volume = await sandbox.volume("read-only");
	const name = await sandbox.run("refused", "-v", `${volume}:${state}:ro`, images.proxy);
	await eventually(async () => expect(await docker("inspect", "-f", "{{.State.ExitCode}}", name)).toBe("1"));
	expect((await tryDocker("logs", name)).stderr).toContain(`can't write ${state}`);
});

/** As a person or the kernel would, without the container's leave. */
async function remount(mode: "ro" | "rw"): Promise<void> {
	const within = ["--privileged", "--pid", `container:${proxy.name}`, images.base];
	await docker("run", "--rm", ...within, "nsenter", "-t", "1", "-m", "mount", "-o", `remount,${mode}`, state);
}

async function addressOf(container: string): Promise<string> {
	const path = `{{(index .NetworkSettings.Networks "${sandbox.network}").IPAddress}}`;
	return docker("inspect", "--format", path, container);
}

/** The addresses that answer. */
async function answers(): Promise<readonly (string | null)[]> {
	const asked = Array.from({ length: 8 }, async () => (await fetch(proxy.url)).headers.get("x-backend-ip"));
	return Promise.all(asked);
}

async function spoiltVolume(script: string): Promise<string> {
	const volume = await sandbox.volume("spoilt");
	const [user, inState] = [
		["--user", controller],
		["-v", `${volume}:${state}`, "-w", state],
	];
	await docker("run", "--rm", ...user, ...inState, images.proxy, "sh", "-c", script);
	return volume;
}

async function isWell(): Promise<void> {
	const well = { state: "ok", problems: [] };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(well));
}
