import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { docker, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { lastLine } from "../harness/membership.ts";
import { processesNamed } from "../harness/processes.ts";
import { type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startServer, startWebapp } from "../harness/servers.ts";
import { statsOf } from "../harness/stats.ts";
import { countingApp, fallMute, speakAgain } from "./app.ts";

/** What docs/labels.md promises of `ballast.check`, in milliseconds, and what a busy machine may add to what we see. */
const outWithin = 9_000;
const backWithin = 4_000;
const slack = 15_000;

let sandbox: Sandbox;
let proxy: RunningProxy;

beforeAll(async () => {
	sandbox = await createSandbox("checks");
	proxy = await startProxy(sandbox);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());
afterEach(async () => remove(...["good", "frozen", "mute", "web", "app"].map(sandbox.nameOf)));

test("an app that is frozen, or takes connections and never answers, is out in time, and back when it answers", async () => {
	const checked = ["--label", "ballast.check=/healthz", ...countingApp];
	const [good = "", frozen = "", mute = ""] = await Promise.all(
		["good", "frozen", "mute"].map((name) => startServer(sandbox, name, ...checked)),
	);
	await seen([good, frozen, mute], "UP");

	await Promise.all([docker("kill", "--signal", "STOP", frozen), fallMute(mute)]);
	await seen([frozen, mute], "DOWN", outWithin + slack);
	const answers = await Promise.all(Array.from({ length: 10 }, async () => fetch(proxy.url)));
	expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));

	await Promise.all([docker("kill", "--signal", "CONT", frozen), speakAgain(mute)]);
	await seen([good, frozen, mute], "UP", backWithin + slack);
});

test("an app that is frozen is out by its own HEALTHCHECK in time, and back when that passes", async () => {
	const health = ["--health-interval", "500ms", "--health-timeout", "2s", "--health-retries", "2"];
	const web = await startWebapp(sandbox, "web", ...health);
	await seen([web], "UP");
	const [node] = await processesNamed(web, "node ");

	await sh(web, `kill -STOP ${node?.pid}`);
	// Twice interval and timeout, and the rest of an interval before.
	await seen([web], "gone", 5_500 + slack);
	expect(await lastLine(proxy, web, "failed")).toMatchObject({ why: "unhealthy" });

	await sh(web, `kill -CONT ${node?.pid}`);
	await seen([web], "UP", 1_000 + slack);
});

test("a server gets no more requests at a time than ballast.maxconn says; the others wait, and are answered", async () => {
	const app = await startServer(sandbox, "app", "--label", "ballast.maxconn=2", ...countingApp);
	await seen([app], "UP");

	const answers = await Promise.all(Array.from({ length: 12 }, async () => fetch(proxy.url)));
	expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
	expect(await (await fetch(`${proxy.url}/most`)).text()).toBe("2");
});

/** Waits until HAProxy itself says so of all these containers' servers; gone is one that leaves, or has left. */
async function seen(
	containers: readonly string[],
	status: "UP" | "DOWN" | "gone",
	withinMs = 60_000,
): Promise<void> {
	await eventually(async () => {
		const page = await statsOf(proxy.statsUrl);
		const [head = "", ...rows] = page.split("\n").map((line) => line.split(","));
		const column = head.indexOf("status");
		const found = containers.map((container) => {
			const row = rows.find(([pool, server]) => pool === "nodes" && server?.startsWith(container));
			const told = row?.[column] ?? "gone";
			return told === "MAINT" ? "gone" : told;
		});
		expect(found).toEqual(containers.map(() => status));
	}, withinMs);
}
