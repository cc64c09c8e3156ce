import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { type InnerEngine, mountInnerSocket, startInnerEngine } from "../harness/inner-engine.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { timed } from "../harness/timed.ts";
import { createShop, type InnerProxy, isRight, startInside, startProxyInside } from "./inner-shop.ts";

/* A dockerd without live-restore, Docker's default: it takes all its containers with it, the proxy too. */

let sandbox: Sandbox;
let engine: InnerEngine;
let proxy: InnerProxy;

const always = ["--restart", "always"] as const;
const names = ["s1", "s2", "s3"];

beforeAll(async () => {
	sandbox = await createSandbox("alone");
	engine = await startInnerEngine(sandbox, { liveRestore: false });
	await createShop(engine);
	proxy = await startProxyInside(engine, "lb", ...always, ...mountInnerSocket);
	for (const name of names) await startInside(engine, name, ...always, images.webapp);
	await isRight(proxy, 3);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a dockerd that is stopped stops everything; started again, the proxy comes back, and so does its pool", async () => {
	await engine.dockerd.stop();
	await eventually(async () => expect(await running()).toBe(0));
	await timed("dockerd without live-restore, restarted: the pool is right", async () => {
		await engine.dockerd.start();
		await isRight(proxy, 3);
	});
	expect(await wrongAddresses()).toEqual([]);
});

test("a dockerd that is killed leaves all running, and begins them anew when it starts", async () => {
	const before = await startTimes();
	await engine.dockerd.kill();
	expect(await running()).toBeGreaterThan(3);
	expect(await proxy.status()).toMatchObject({ servers: 3 });
	await timed("dockerd without live-restore, killed and started: the pool is right", async () => {
		await engine.dockerd.start();
		await isRight(proxy, 3);
	});
	expect(await wrongAddresses()).toEqual([]);
	for (const [name, started] of await startTimes())
		expect([name, before.get(name)]).not.toEqual([name, started]);
});

/** How many of the containers' first processes there are. */
async function running(): Promise<number> {
	return Number(
		await engine.sh("grep -l '^NSpid:.*[0-9][[:space:]]1$' /proc/[0-9]*/status 2>/dev/null | wc -l"),
	);
}

async function startTimes(): Promise<ReadonlyMap<string, string>> {
	const format = "{{.Name}} {{.State.StartedAt}}";
	const lines = (await engine.docker("inspect", "--format", format, ...names)).split("\n");
	return new Map(lines.map((line) => line.split(" ") as [string, string]));
}

/** Servers in the process at addresses that are not their containers' own now. */
async function wrongAddresses(): Promise<readonly string[]> {
	return await eventually(async () => {
		const format = "{{.Name}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}:3000";
		const real = (await engine.docker("inspect", "--format", format, ...names))
			.replaceAll("/", "")
			.split("\n");
		const rows: { container: string; address: string }[] = JSON.parse(
			await engine.enter(proxy.id, "ballast servers --json"),
		);
		return rows
			.map(({ container, address }) => `${container} ${address}`)
			.filter((row) => !real.includes(row));
	});
}
