import { setTimeout as delay } from "node:timers/promises";
import { createShop, isRight, startInside, startProxyInside } from "../faults/inner-shop.ts";
import { docker, sh } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { mountInnerSocket, startInnerEngine } from "../harness/inner-engine.ts";
import { killController } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { remove } from "../harness/servers.ts";
import { createStage, type Stage } from "../load/stage.ts";
import type { Figure } from "./figures.ts";
import { serverOf, toldAt } from "./haproxy-log.ts";
import { wallTime } from "./wall-time.ts";

const rounds = 3;

/** How long it takes until all is as it should be again, after one of the proxy's own processes was killed. */
export async function killedProcesses(): Promise<readonly Figure[]> {
	await using stage = await createStage("bench");
	await Promise.all([stage.join("exits at once"), stage.join("exits at once")]);
	const figure = async (what: string, round: () => Promise<number>): Promise<Figure> => {
		const values: number[] = [];
		for (let n = 0; n < rounds; n += 1) values.push(await round());
		return { what, unit: "ms", values };
	};
	return [
		await figure("HAProxy's worker killed, until it answers", () => untilAnswer(stage, "worker")),
		await figure("HAProxy's master killed, until it answers", () => untilAnswer(stage, "master")),
		await figure("the controller killed, until one that left meanwhile is out", () => untilOut(stage)),
	];
}

async function untilAnswer({ proxy }: Stage, victim: "master" | "worker"): Promise<number> {
	const master = "master=$(s6-svstat -o pid /run/service/haproxy)";
	const worker = 'worker=$(cat /proc/$master/task/*/children | tr " " "\\n" | grep . | tail -n 1)';
	await sh(proxy.name, `${master}; ${worker}; kill -KILL $${victim}`);
	const killed = performance.now();
	// The signal may take effect only after this.
	await delay(20);
	while (!(await answers(proxy.url))) await delay(5);
	const took = performance.now() - killed;
	await delay(3_000);
	return took;
}

async function answers(url: string): Promise<boolean> {
	const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(1_000) };
	return await fetch(url, options).then(
		({ ok }) => ok,
		() => false,
	);
}

async function untilOut(stage: Stage): Promise<number> {
	const leaver = await stage.join("exits at once");
	const server = await serverOf(leaver);
	await killController(stage.proxy);
	const killed = wallTime();
	await docker("kill", leaver);
	const took = (await toldAt(stage.proxy, "leaves", server)) - killed;
	await remove(leaver);
	return took;
}

/** The same for an engine, one in a container: from when it answers again. */
export async function hurtEngines(): Promise<readonly Figure[]> {
	await using sandbox = await createSandbox("bench");
	const engine = await startInnerEngine(sandbox, { liveRestore: true });
	await createShop(engine);
	const proxy = await startProxyInside(engine, "lb", ...mountInnerSocket);
	for (const name of ["s1", "s2"]) await startInside(engine, name, images.webapp);
	const third = await startInside(engine, "s3", images.webapp);
	await isRight(proxy, 3);
	const figures: Figure[] = [];
	for (const [word, hurt, mend] of hurts) {
		const values: number[] = [];
		for (let n = 0; n < rounds; n += 1) {
			await engine.dockerd[hurt]();
			await engine.end(third);
			await engine.dockerd[mend]();
			const began = performance.now();
			await isRight(proxy, 2);
			values.push(performance.now() - began);
			await engine.docker("start", "s3");
			await isRight(proxy, 3);
		}
		figures.push({ what: `dockerd ${word}, one server gone meanwhile`, unit: "ms", values });
	}
	return figures;
}

const hurts = [
	["stopped and started", "stop", "start"],
	["killed and started", "kill", "start"],
	["frozen and continued", "freeze", "thaw"],
] as const;
