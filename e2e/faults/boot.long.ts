import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, logsOf, pause, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import {
	problemsOf,
	problemWith,
	type RunningProxy,
	restartProxy,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { createEngineRelay, type EngineRelay } from "./engine-relay.ts";

/* A proxy that starts while its engine is there and does not answer: paused, the relay holds its socket, and is silent. */

let sandbox: Sandbox;
let relay: EngineRelay;
let proxy: RunningProxy;
let s1: string;
let s2: string;

beforeAll(async () => {
	sandbox = await createSandbox("boot");
	relay = await createEngineRelay(sandbox);
	await relay.open();
	[proxy, s1, s2] = await Promise.all([
		startProxy(sandbox, relay.options),
		startWebapp(sandbox, "s1"),
		startWebapp(sandbox, "s2"),
	]);
	await agreeOn(proxy, s1, s2);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("promise 11: after a reboot they are stale, and it says so until Docker answers", async () => {
	await pause(relay.name);
	// The kernel's own boot id can't be changed: what was written down is that of another boot.
	const runs = "/var/lib/ballast/generation/runs.json";
	await sh(proxy.name, `sed -i 's/"machine":"[^"]*"/"machine":"another"/' ${runs}`, "10002:10001");
	proxy = await restartProxy(proxy);
	await agreeOn(proxy, s1, s2);
	const { severity, message, hint } = await problemWith(proxy, "stale-membership", "servers");
	expect(severity).toBe("problem");
	expect(message).toContain("before the machine booted: 2 of them accept connections and are served");
	await eventually(async () => expect(await logsOf(proxy.name)).toContain(hint));
	await docker("unpause", relay.name);
	await isWell();
	await eventually(async () => expect(await sh(proxy.name, `cat ${runs}`)).not.toContain("another"));
});

test("nothing of an earlier life is in force before it was judged", async () => {
	await pause(relay.name);
	await docker("stop", "--time", "5", s1, s2);
	proxy = await restartProxy(proxy);
	const generations = await eventually(async () => {
		const names = (await sh(proxy.name, "ls /var/lib/ballast/generation")).split("\n");
		expect(names).toContain("last-life");
		return names;
	});
	expect(generations).not.toContain("current");
	const response = await eventually(async () => fetch(proxy.url));
	expect(response.status).toBe(503);
	await docker("start", s1, s2);
	await eventually(async () => expect((await fetch(proxy.url)).status).toBe(200));
	expect((await problemsOf(proxy)).map(({ code }) => code)).toContain("stale-membership");
	await docker("unpause", relay.name);
	await agreeOn(proxy, s1, s2);
	await isWell();
});

async function isWell(): Promise<void> {
	const well = { state: "ok", engine: { connected: true }, problems: [] };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(well));
}
