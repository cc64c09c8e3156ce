import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServerRow } from "../../src/admin/api.ts";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { hasHistory, keptLines, lastLine } from "../harness/membership.ts";
import { mortal, release } from "../harness/mortal.ts";
import { hasNoProblems, type RunningProxy, serversOf, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { makeSick, makeWell, quickHealth, startServer, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let web: string;
let sick: string;

beforeAll(async () => {
	sandbox = await createSandbox("names");
	[proxy, web, sick] = await Promise.all([
		startProxy(sandbox, ["-e", "BALLAST_PORT=3000"]),
		startServer(sandbox, "web", ...mortal),
		startWebapp(sandbox, "sick", ...quickHealth),
	]);
	await agreeOn(proxy, web, sick);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

// Seen to fail without `names` in src/reconcile/draft.ts, which then knew those of the fleet in force alone.
test("a server that is renamed while it is out comes back under its own name", async () => {
	const server = await serverOf(sick);
	await makeSick(sick);
	await agreeOn(proxy, web);
	const renamed = sandbox.nameOf("Odd_name.with-all.that-Docker_takes");
	await docker("rename", sick, renamed);
	await makeWell(renamed);
	await eventually(async () => expect(await serverOf(renamed)).toBe(server));
	expect(await lastLine(proxy, renamed, "join")).toMatchObject({ why: "healthy" });

	await docker("update", "--restart", "on-failure", renamed);
	await docker("rm", "--force", renamed);
	await agreeOn(proxy, web);
	await hasHistory(proxy, renamed, "join: healthy", "failed: told to stop (SIGKILL)");
	await hasNoProblems(proxy);
});

test("a name that is used again while its predecessor still finishes is another server's", async () => {
	const oldId = await inspect(web, ".Id");
	const ip = (await rowOf(web))?.address.replace(":3000", "");
	const inFlight = fetch(`${proxy.url}/held`);
	await eventually(async () => expect(await rowOf(web)).toMatchObject({ current: 1 }));
	const old = sandbox.nameOf("web-old");
	await docker("rename", web, old);
	const stopped = docker("stop", "--time", "60", old);
	const successor = await startServer(sandbox, "web", ...mortal);
	await agreeOn(proxy, successor);

	await release(old);
	const answer = await inFlight;
	expect([answer.status, answer.headers.get("x-backend-ip")]).toEqual([200, ip]);
	await stopped;
	await agreeOn(proxy, successor);
	const about = (await keptLines(proxy)).filter(({ id }) => id === oldId);
	expect(about.map(({ event, why }) => `${event}: ${why}`)).toEqual([
		"join: listening",
		"leave: told to stop (SIGTERM)",
	]);
	await hasNoProblems(proxy);
});

async function serverOf(container: string): Promise<string | undefined> {
	return (await rowOf(container))?.server;
}

async function rowOf(container: string): Promise<ServerRow | undefined> {
	return (await serversOf(proxy)).find((one) => one.container === container);
}
