import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { historyOf } from "../harness/membership.ts";
import { mortal, release, timesAsked } from "../harness/mortal.ts";
import { ballast, type RunningProxy, serversOf, statusOf } from "../harness/proxy.ts";
import type { Sandbox } from "../harness/sandbox.ts";
import { startServer } from "../harness/servers.ts";
import { startPair } from "./pair.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let one: string;
let two: string;

beforeAll(async () => {
	({ sandbox, proxy, one, two } = await startPair("lasting"));
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

/** Takes no notice of being told to stop. */
const deaf = `
	const { createServer } = require("node:http");
	process.on("SIGTERM", () => undefined);
	createServer((request, response) => {
		response.setHeader("x-backend-ip", request.socket.localAddress.replace("::ffff:", "")).end();
	}).listen(3000);`;

test("a container that takes no notice of its signal is out, and comes back 5 s after its stop timeout", async () => {
	const stubborn = await startServer(
		sandbox,
		"stubborn",
		...["--stop-timeout", "4", images.base, "node", "--eval", deaf],
	);
	await agreeOn(proxy, one, two, stubborn);
	const told = Date.now();
	await docker("kill", "--signal", "TERM", stubborn);
	await agreeOn(proxy, one, two);
	await agreeOn(proxy, one, two, stubborn);

	expect(Date.now() - told).toBeGreaterThan(9_000);
	expect(await historyOf(proxy, stubborn)).toEqual([
		"join: listening",
		"leave: told to stop (SIGTERM)",
		"join: listening",
	]);
	await docker("rm", "--force", stubborn);
	await agreeOn(proxy, one, two);
});

test("what is in flight longer than ballast.drain allows is ended, though the app would go on", async () => {
	const patient = ["--stop-timeout", "120"];
	const hasty = await startServer(sandbox, "hasty", "--label", "ballast.drain=3s", ...patient, ...mortal);
	await agreeOn(proxy, one, two, hasty);
	const before = await timesAsked(hasty);
	// One of three of them is for it, and the others wait for ever.
	const held: ReturnType<typeof askHeld>[] = [];
	const itsOwn = await eventually(async () => {
		held.push(askHeld());
		const since = (await timesAsked(hasty)) - before;
		expect(since).toBeGreaterThan(0);
		return since;
	});
	const told = Date.now();
	await docker("kill", "--signal", "TERM", hasty);
	const ended = await Promise.race(held);

	expect(ended.isAnswered).toBe(false);
	expect(ended.at - told).toBeGreaterThan(2_500);
	expect(ended.at - told).toBeLessThan(60_000);
	await Promise.all([one, two].map(release));
	const unanswered = (await Promise.all(held)).filter(({ isAnswered }) => !isAnswered);
	expect(unanswered).toHaveLength(itsOwn);
	await docker("rm", "--force", hasty);
	await agreeOn(proxy, one, two);
});

test.each(["drain", "maint"] as const)(
	"%s lasts through a restart of the container, and of the proxy",
	async (hold) => {
		const status = hold === "drain" ? "DRAIN" : "MAINT";
		const isHeld = async () => expect(await rowOf(two)).toMatchObject({ held: hold, status });
		expect(await ballast(proxy, hold, two)).toMatchObject({ exitCode: 0 });
		await eventually(isHeld);
		const before = (await historyOf(proxy, two)).length;
		await docker("restart", two);
		await eventually(async () => {
			const since = (await historyOf(proxy, two)).slice(before);
			expect([since.length, since.at(-1)]).toEqual([2, "join: listening"]);
		});
		await eventually(isHeld);
		await docker("restart", proxy.name);
		const [url, statsUrl] = await Promise.all([urlOf(proxy.name, 80), urlOf(proxy.name, 1936)]);
		proxy = { ...proxy, url, statsUrl };
		await eventually(async () => expect((await fetch(url)).status).toBe(200));
		await eventually(isHeld);

		// The process has begun with it held: without a word of it in its memory, by what stands in its file.
		const { lastReload } = await statusOf(proxy);
		expect(await ballast(proxy, "ready", two)).toMatchObject({ exitCode: 0 });
		await agreeOn(proxy, one, two);
		expect((await statusOf(proxy)).lastReload).toEqual(lastReload);
	},
);

/** A POST that its server holds until it is released. */
async function askHeld(): Promise<{ readonly isAnswered: boolean; readonly at: number }> {
	const asked = fetch(`${proxy.url}/held`, { method: "POST", headers: { connection: "close" } });
	const isAnswered = await asked.then(
		({ ok }) => ok,
		() => false,
	);
	return { isAnswered, at: Date.now() };
}

async function rowOf(container: string) {
	return (await serversOf(proxy)).find((row) => row.container === container);
}
