import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import { type InnerEngine, mountInnerSocket, startInnerEngine } from "../harness/inner-engine.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { timed } from "../harness/timed.ts";
import { startTraffic } from "../load/traffic.ts";
import { createShop, doorTo, type InnerProxy, isRight, startInside, startProxyInside } from "./inner-shop.ts";
import { isUnharmed } from "./unharmed.ts";

/* A dockerd with live-restore: its containers outlive it. */

let sandbox: Sandbox;
let engine: InnerEngine;
let url: string;
let proxy: InnerProxy;
let third: string;

const mix = { kept: 6, thinkMs: 100, fresh: 3 };

beforeAll(async () => {
	sandbox = await createSandbox("dockerd");
	engine = await startInnerEngine(sandbox, { liveRestore: true });
	await createShop(engine);
	proxy = await startProxyInside(engine, "lb", ...mountInnerSocket);
	for (const name of ["s1", "s2"]) await startInside(engine, name, images.webapp);
	third = await startInside(engine, "s3", images.webapp);
	await isRight(proxy, 3);
	url = await doorTo(engine, proxy);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test.each([
	["stopped", "started again", "stop", "start"],
	["killed", "started again", "kill", "start"],
	["frozen", "continued", "freeze", "thaw"],
] as const)(
	"promise 2: a dockerd that is %s loses no request, and once it is %s, the pool follows what went meanwhile",
	async (hurtWord, mendWord, hurt, mend) => {
		const traffic = startTraffic(url, mix);
		await eventually(() => expect(traffic.answered()).toBeGreaterThan(50));
		await engine.dockerd[hurt]();
		await tellsOfEngine();
		await engine.end(third);
		const before = traffic.answered();
		await eventually(() => expect(traffic.answered()).toBeGreaterThan(before + 200));
		await engine.dockerd[mend]();
		await timed(`dockerd ${hurtWord}, ${mendWord}: the pool is right`, () => isRight(proxy, 2));
		await engine.docker("start", "s3");
		await isRight(proxy, 3);
		await isUnharmed(`dockerd ${hurtWord}`, traffic);
	},
);

async function tellsOfEngine(): Promise<void> {
	await eventually(async () => {
		const { state, problems, servers } = await proxy.status();
		expect({ state, servers }).toEqual({ state: "degraded", servers: 3 });
		expect(problems.map(({ subject }) => subject)).toContain("engine");
	}, 90_000);
}

test("a proxy whose mounted socket is the old one says so, and what to do; done so, it follows again", async () => {
	const deaf = await startProxyInside(engine, "deaf", ...mountEngineSocket);
	await isRight(deaf, 3);
	await engine.dockerd.stop();
	await engine.dockerd.start();
	await isRight(proxy, 3);
	await eventually(async () => {
		const told = (await deaf.problems()).find(({ code }) => code === "docker-socket-replaced");
		expect(told?.hint).toBe("restart the proxy: docker restart <proxy>");
	});
	await engine.docker("restart", "deaf");
	await isRight(deaf, 3);
});
