import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, pause } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { lastLine } from "../harness/membership.ts";
import {
	hasNoProblems,
	problemCodesOf,
	problemWith,
	type RunningProxy,
	serversOf,
	startProxy,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { makeSick, makeWell, quickHealth, remove, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let stays: string;
let other: string;

beforeAll(async () => {
	sandbox = await createSandbox("leaving");
	[proxy, stays, other] = await Promise.all([
		startProxy(sandbox),
		startWebapp(sandbox, "stays"),
		startWebapp(sandbox, "other", ...quickHealth),
	]);
	await agreeOn(proxy, stays, other);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("an unhealthy container has failed, is a problem, and joins again when it is well", async () => {
	await makeSick(other);
	await agreeOn(proxy, stays);
	expect(await lastLine(proxy, other, "failed")).toMatchObject({ why: "unhealthy" });
	expect((await problemWith(proxy, "unhealthy", other)).hint).toContain("docker inspect");
	await makeWell(other);
	await agreeOn(proxy, stays, other);
	await eventually(async () => expect(await problemCodesOf(proxy, other)).toEqual([]));
});

// Without a HEALTHCHECK: a probe that begins in a frozen container can hang there, and with it all that the engine would do to it.
test("a paused container leaves, and joins again when it goes on", async () => {
	const pausable = await startWebapp(sandbox, "pausable", "--no-healthcheck");
	await agreeOn(proxy, stays, other, pausable);
	await pause(pausable);
	await agreeOn(proxy, stays, other);
	expect(await lastLine(proxy, pausable, "leave")).toMatchObject({ why: "paused" });
	await hasNoProblems(proxy);
	await docker("unpause", pausable);
	await agreeOn(proxy, stays, other, pausable);
	await remove(pausable);
});

test("a container taken out of the network leaves, and joins again when it is back", async () => {
	await docker("network", "disconnect", sandbox.network, other);
	await agreeOn(proxy, stays);
	expect(await lastLine(proxy, other, "leave")).toMatchObject({ why: "it can't be reached" });
	expect((await problemWith(proxy, "no-shared-network", other)).message).toContain(
		`it is in none (network mode ${sandbox.network}), the proxy in ${sandbox.network}`,
	);
	await docker("network", "connect", sandbox.network, other);
	await agreeOn(proxy, stays, other);
	expect(await lastLine(proxy, other, "join")).toMatchObject({ why: "healthy" });
	await hasNoProblems(proxy);
});

test("a killed container has failed", async () => {
	await docker("kill", other);
	await agreeOn(proxy, stays);
	expect(await lastLine(proxy, other, "failed")).toMatchObject({ why: "told to stop (SIGKILL)" });
	await hasNoProblems(proxy);
	await docker("start", other);
	await agreeOn(proxy, stays, other);
});

test("a container that ends by itself has failed, with its exit code", async () => {
	// It may be gone before the command is.
	await docker("exec", "--detach", "--user", "root", other, "s6-svscanctl", "-t", "/run/service");
	await agreeOn(proxy, stays);
	expect(await lastLine(proxy, other, "failed")).toMatchObject({ why: expect.stringMatching(/^died, exit/) });
	await hasNoProblems(proxy);
	await docker("start", other);
	await agreeOn(proxy, stays, other);
});

test("a signal that is not meant to end a container changes nothing", async () => {
	const before = await lastLine(proxy, other, "join");
	await docker("kill", "--signal", "WINCH", other);
	await agreeOn(proxy, stays, other);
	expect(await lastLine(proxy, other, "join")).toEqual(before);
});

test("a renamed container goes on as the same server", async () => {
	const before = await lastLine(proxy, other, "join");
	const server = async (name: string) =>
		(await serversOf(proxy)).find((one) => one.container === name)?.server;
	const serverBefore = await server(other);
	const renamed = sandbox.nameOf("renamed");
	await docker("rename", other, renamed);
	await eventually(async () => expect(await server(renamed)).toBe(serverBefore));
	await docker("rename", renamed, other);
	await eventually(async () => expect(await server(other)).toBe(serverBefore));
	await agreeOn(proxy, stays, other);
	expect(await lastLine(proxy, other, "join")).toEqual(before);
});

test("a removed container leaves", async () => {
	await remove(other);
	await agreeOn(proxy, stays);
	expect(await lastLine(proxy, other, "failed")).toMatchObject({ why: "told to stop (SIGKILL)" });
	await hasNoProblems(proxy);
});
