import { setTimeout as delay } from "node:timers/promises";
import { fakeId } from "../../src/testing/fake-container.ts";
import { eventually } from "../harness/eventually.ts";
import { type FakedProxy, startFakedProxy } from "../harness/fake-engine.ts";
import { readAgain, statusOf } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { cpuOf, memoryOf } from "./consumption.ts";
import type { Figure } from "./figures.ts";
import { toldAt } from "./haproxy-log.ts";
import { wallTime } from "./wall-time.ts";

const sizes = [10, 100, 1_000, 5_000] as const;
const rounds = 5;

/** HAProxy's roundrobin takes 4,095; the others go into a pool of their own. */
const mostInPool = 4_000;

/** How cost grows with the number of servers: a fake engine in this process, a real proxy, and servers that answer. */
export async function scale(): Promise<readonly Figure[]> {
	const figures: Figure[] = [];
	for (const size of sizes) {
		figures.push(...(await figuresAt(size)));
		process.stdout.write(".");
	}
	return figures;
}

async function figuresAt(size: number): Promise<readonly Figure[]> {
	await using sandbox = await createSandbox("bench");
	await using faked = await startFakedProxy(sandbox, [], ({ engine, app }) => {
		for (let n = 1; n <= size; n += 1) engine.add(n > size - mostInPool ? app(n) : aside(app(n)));
	});
	await serves(faked, size);
	const [joins, leaves]: [number[], number[]] = [[], []];
	for (let n = size + 1; n <= size + rounds; n += 1) {
		const { join, leave } = await comeAndGo(faked, n, restAt(size));
		joins.push(join);
		leaves.push(leave);
	}
	const spent = await cpuOf(faked.proxy);
	await delay(5_000);
	const { controller } = await spent();
	const resyncs: number[] = [];
	for (let n = 0; n < 3; n += 1) resyncs.push(await resync(faked));
	return [
		{ what: `${size}: join`, unit: "ms", values: joins },
		{ what: `${size}: leave`, unit: "ms", values: leaves },
		{ what: `${size}: full resync`, unit: "ms", values: resyncs },
		{ what: `${size}: memory`, unit: "MiB", values: [await memoryOf(faked.proxy, "controller")] },
		{ what: `${size}: idle`, unit: "% of a core", values: [controller] },
	];
}

function aside(app: ReturnType<FakedProxy["app"]>): ReturnType<FakedProxy["app"]> {
	return { ...app, labels: { ...app.labels, "ballast.pool": "aside" } };
}

/** From the engine's event to HAProxy's process. */
async function comeAndGo({ proxy, life, app }: FakedProxy, n: number, rest: number) {
	const server = `app-${n}-${fakeId(`app-${n}`).slice(0, 8)}`;
	const started = wallTime();
	const id = life.start(app(n));
	const join = (await toldAt(proxy, "appears", server)) - started;
	await delay(rest);
	const told = wallTime();
	life.stop(id);
	const leave = (await toldAt(proxy, "leaves", server)) - told;
	await delay(rest);
	return { join, leave };
}

/** Milliseconds in which a pass ends that somebody else's coming or going has caused: the next is not to wait for it. */
function restAt(size: number): number {
	return Math.max(1_500, 1.5 * size);
}

/** From the signal that asks for it until the controller has gone round. */
async function resync({ proxy, engine }: FakedProxy): Promise<number> {
	const { lastTurn } = await statusOf(proxy);
	engine.requests.length = 0;
	await readAgain(proxy);
	const listed = await listedAt(engine);
	const turned = await eventually(async () => {
		const status = await statusOf(proxy);
		if (status.lastTurn === lastTurn) throw new Error("no turn yet");
		return Date.parse(status.lastTurn ?? "");
	}, 60_000);
	return turned - listed;
}

async function serves({ proxy }: FakedProxy, size: number): Promise<void> {
	await eventually(async () => {
		const { servers } = await statusOf(proxy);
		if (servers !== size) throw new Error(`expected ${size} servers, got ${servers}`);
	}, 120_000);
}

/** Looked for each millisecond: to miss the list by more would be part of the figure. */
async function listedAt({ requests }: FakedProxy["engine"]): Promise<number> {
	const deadline = performance.now() + 60_000;
	while (!requests.some((request) => request.startsWith("GET /containers/json"))) {
		if (performance.now() > deadline) throw new Error("the engine was not asked for a list within a minute");
		await delay(1);
	}
	return wallTime();
}
