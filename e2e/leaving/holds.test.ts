import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { release, timesAsked } from "../harness/mortal.ts";
import {
	ballast,
	hasNoProblems,
	killController,
	type RunningProxy,
	serversOf,
	statusOf,
} from "../harness/proxy.ts";
import type { Sandbox } from "../harness/sandbox.ts";
import { remove } from "../harness/servers.ts";
import { startPair } from "./pair.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let one: string;
let two: string;

beforeAll(async () => {
	({ sandbox, proxy, one, two } = await startPair("holds"));
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("drain --wait lets what is in flight finish, sends nobody new, and then takes the server out", async () => {
	const asked = { one: await timesAsked(one), two: await timesAsked(two) };
	const held = [post("/held"), post("/held")];
	await eventually(async () => {
		expect([await timesAsked(one), await timesAsked(two)]).toEqual([asked.one + 1, asked.two + 1]);
	});

	const tooShort = await ballast(proxy, "drain", "--wait", "--timeout", "1", one);
	expect(tooShort).toMatchObject({ exitCode: 1, stdout: "" });
	expect(tooShort.stderr).toMatch(/ is not done after 1 s: 1 request\(s\) in flight, the oldest for \d+ s/);
	const draining = ballast(proxy, "drain", "--wait", "--timeout", "30", one);
	for (let count = 0; count < 10; count += 1) expect(await post("/")).toBe(200);
	expect(await timesAsked(one)).toBe(asked.one + 1);
	expect(await serverRow(one)).toMatchObject({ held: "drain" });

	await release(one);
	expect(await draining).toMatchObject({
		exitCode: 0,
		stdout: expect.stringContaining("nothing is in flight"),
	});
	await isInMaintenance(one);
	await release(two);
	expect(await Promise.all(held)).toEqual([200, 200]);
});

test("what is set says why, who is the last is remarked, and ready takes all back", async () => {
	const why = await ballast(proxy, "why", one);
	expect(why).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("put it into maintenance") });
	expect(why.stdout).toContain(`ballast ready ${one}`);
	expect((await statusOf(proxy)).held).toEqual([{ container: one, hold: "maint" }]);

	const last = await ballast(proxy, "drain", two);
	expect(last).toMatchObject({
		exitCode: 0,
		stderr: expect.stringContaining("no other server of the pool nodes"),
	});
	await eventually(async () => expect(await post("/")).toBe(503));
	const again = [ballast(proxy, "ready", one), ballast(proxy, "ready", two), ballast(proxy, "ready", two)];
	expect((await Promise.all(again)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
	await agreeOn(proxy, one, two);
	await eventually(async () => expect((await statusOf(proxy)).held).toEqual([]));
});

test("who is not there, or none of ours, is told apart; one that has ended is set for its next start", async () => {
	const unknown = await ballast(proxy, "drain", `${one}x`);
	expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`did you mean ${one}`) });
	const notOurs = await ballast(proxy, "maint", proxy.name);
	expect(notOurs).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("none of Ballast's") });

	await docker("stop", two);
	await agreeOn(proxy, one);
	const stopped = await ballast(proxy, "drain", "--wait", two);
	expect(stopped).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("it is in no pool now (") });
	await docker("start", two);
	await isInMaintenance(two);
});

test("what is set outlives the controller, and ends with the container", async () => {
	await killController(proxy);
	await isInMaintenance(two);
	expect(await holdsFile()).toHaveProperty(await docker("inspect", "--format", "{{.Id}}", two), "maint");

	await remove(two);
	await eventually(async () => expect(await holdsFile()).toEqual({}));
	await hasNoProblems(proxy);
});

async function post(path: string): Promise<number> {
	const headers = { connection: "close" };
	const answer = await fetch(`${proxy.url}${path}`, { method: "POST", body: "once", headers });
	await answer.arrayBuffer();
	return answer.status;
}

async function serverRow(container: string) {
	return (await serversOf(proxy)).find((row) => row.container === container);
}

async function isInMaintenance(container: string): Promise<void> {
	const row = { held: "maint", status: "MAINT" };
	await eventually(async () => expect(await serverRow(container)).toMatchObject(row));
}

async function holdsFile(): Promise<unknown> {
	const file = "/var/lib/ballast/state/holds.json";
	return JSON.parse(await docker("exec", "--user", "10002:10002", proxy.name, "cat", file));
}
