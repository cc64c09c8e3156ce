import { expect, test } from "vitest";
import { sh } from "../harness/docker.ts";
import { hasNoProblems, killController, problemsOf, problemWith, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { decides, deedsOf, runs, scaling } from "./pool.ts";
import { sleepy } from "./zero.ts";

const controller = "10002:10002";
const state = "/var/lib/ballast/state";
/** A small disk of its own, in memory. */
const disk = ["--tmpfs", `${state}:size=256k,uid=10002,gid=10002,mode=0750`] as const;

/** To the last byte, also what is left of the page that the log ends in. */
const fill = `rm -f ${state}/membership.log; cat /dev/zero >${state}/filler || true`;

/* Seen to fail, for what is told once there is room, where who sleeps is written down but once (`keep` in src/state/asleep.ts). */
test("while the state directory is full a pool goes to sleep and is woken as ever, and what could not be written is written once there is room", async () => {
	await using sandbox = await createSandbox("full");
	const proxy = await startProxy(sandbox, [...scaling, ...disk]);
	const app = await startWebapp(sandbox, "app", ...sleepy());
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await runs(sandbox);
	await sh(proxy.name, fill, controller);

	for (const _ of ["slept before", "slept since"]) {
		expect((await fetch(proxy.url)).status).toBe(200);
		await runs(sandbox);
	}

	const told = [
		["membership-log-not-written", "membership.log"],
		["scale-memory-not-kept", "scale-memory.json"],
		["scale-not-kept", "asleep.json"],
	] as const;
	for (const [code, file] of told) await problemWith(proxy, code, `${state}/${file}`, "ENOSPC");
	expect(await problemsOf(proxy)).toHaveLength(told.length);

	await sh(proxy.name, `rm ${state}/filler`, controller);
	await hasNoProblems(proxy);
	const deed = [`scale-up ${app}`, `scale-down ${app}`];
	expect((await deedsOf(proxy)).slice(-4)).toEqual([...deed, ...deed]);
	await killController(proxy);
	expect((await fetch(proxy.url)).status).toBe(200);
});
