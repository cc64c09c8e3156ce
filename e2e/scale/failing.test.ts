import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { historyOf } from "../harness/membership.ts";
import { letEnd, mortal } from "../harness/mortal.ts";
import { ballast, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startServer, startWebapp } from "../harness/servers.ts";
import { startTraffic } from "../load/traffic.ts";
import { allIn, decides, runs, scaling } from "./pool.ts";

/* What goes wrong with clones and around them. */

const two = ["--label", "ballast.scale=2"] as const;

/* Seen to fail, for the requests, without `retry-on` in templates/partials/defaults.cfg.eta: 4 GETs of 134. */
test.concurrent("a clone that runs out of memory is replaced, the log names both with their reason, and no request is lost", async () => {
	await using sandbox = await createSandbox("failing");
	const proxy = await startProxy(sandbox, scaling);
	const little = ["--memory", "64m", "--memory-swap", "64m", "--expose", "3000"];
	const original = await startServer(sandbox, "app", ...two, ...little, ...mortal);
	const clone = `${original}-scale-1`;
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
	const before = await inspect(clone, ".Id");
	const traffic = startTraffic(proxy.url, { kept: 2, thinkMs: 20, fresh: 2 });

	await letEnd(clone, "hunger");

	await eventually(async () => expect(await inspect(clone, ".Id")).not.toBe(before));
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
	expect(await traffic.stop()).toMatchObject({ lost: [], unserved: [] });
	expect(await historyOf(proxy, clone)).toEqual([
		"scale-up: 1 of at least 2 are there",
		"join: listening",
		"failed: died, out of memory (oom, exit code 137)",
		"scale-down: it has failed",
		"scale-up: 1 of at least 2 are there",
		"join: listening",
	]);
	expect((await ballast(proxy, "log")).stdout).toContain("out of memory (oom");
	expect(await allIn(sandbox)).toEqual([original, clone]);
});

test.concurrent("where the machine has too little memory free nothing is started, and that is explained", async () => {
	await using scratch = await createScratch();
	const memory = join(scratch.directory, "meminfo");
	const real = await readFile("/proc/meminfo", "utf8");
	await writeFile(memory, real.replace(/^MemAvailable:.*/m, "MemAvailable:     102400 kB"));
	await using sandbox = await createSandbox("failing");
	// What the controller reads of the machine is this file.
	const proxy = await startProxy(sandbox, [...scaling, "-v", `${memory}:/proc/meminfo:ro`]);
	const original = await startWebapp(sandbox, "app", ...two);

	const { why } = await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 1);

	expect(why).toContain("1 of at least 2 are there, and none can be started now: 100 MiB of memory are free");
	expect((await ballast(proxy, "scale", "--explain")).stdout).toContain(why);
	expect((await fetch(proxy.url)).status).toBe(200);
	expect(await allIn(sandbox)).toEqual([original]);

	await writeFile(memory, real);
	await runs(sandbox, original, `${original}-scale-1`);
});

async function createScratch() {
	const directory = await mkdtemp(join(tmpdir(), "ballast-failing-"));
	return { directory, [Symbol.asyncDispose]: async () => rm(directory, { recursive: true }) };
}
