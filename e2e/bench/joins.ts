import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startServer } from "../harness/servers.ts";
import { timeOf } from "./engine-events.ts";
import type { Figure } from "./figures.ts";

/** A container without a HEALTHCHECK that boots for that long; until it answered through the proxy, all in milliseconds. */
type Join = { readonly boot: number; readonly sinceStart: number; readonly sinceListening: number };

const count = 25;

/** One container after the other joins an empty pool, is asked once a millisecond, and goes again. */
export async function joins(): Promise<readonly Figure[]> {
	await using sandbox = await createSandbox("bench");
	const { url } = await startProxy(sandbox);
	const client = new Client(url);
	const measured: Join[] = [];
	for (let n = 0; n < count; n += 1) {
		measured.push(await join(sandbox, client, n));
		process.stdout.write(".");
	}
	await client.close();
	return [
		{ what: "from listening", unit: "ms", values: measured.map((one) => one.sinceListening) },
		{ what: "from Docker's start event", unit: "ms", values: measured.map((one) => one.sinceStart) },
		{ what: "of that, Node and the app's boot", unit: "ms", values: measured.map(bootOf) },
	];
}

function bootOf({ sinceStart, sinceListening }: Join): number {
	return sinceStart - sinceListening;
}

/** From 50 to 300 ms. */
function bootTime(n: number): number {
	return 50 + ((n * 97) % 251);
}

async function join(sandbox: Sandbox, client: Client, n: number): Promise<Join> {
	const boot = bootTime(n);
	await eventually(async () => expectStatus(await statusOf(client), 503));
	const [container, answered] = await Promise.all([
		startServer(sandbox, "joiner", ...appOptions, `${boot}`),
		firstAnswer(client),
	]);
	const listening = Number(await docker("logs", container));
	const started = await timeOf("start", container);
	await remove(container);
	return { boot, sinceStart: answered - started, sinceListening: answered - listening };
}

/** Listens when it has booted, and tells when that was. */
const app = `
	const server = require("node:http").createServer((_, response) => response.end());
	setTimeout(() => server.listen(3000, () => console.log(performance.timeOrigin + performance.now())), process.argv[1]);
	process.on("SIGTERM", () => process.exit());`;
const appOptions = ["--init", "--expose", "3000", "--entrypoint", "node", images.base, "-e", app];

async function firstAnswer(client: Client): Promise<number> {
	while ((await statusOf(client)) !== 200) await delay(1);
	return performance.timeOrigin + performance.now();
}

/** 0 when there is no answer within a quarter of a second, as while a server goes whose address nobody has any more. */
async function statusOf(client: Client): Promise<number> {
	try {
		const signal = AbortSignal.timeout(250);
		const { statusCode, body } = await client.request({ method: "GET", path: "/", signal });
		await body.dump();
		return statusCode;
	} catch {
		return 0;
	}
}

function expectStatus(got: number, expected: number): void {
	if (got !== expected) throw new Error(`expected status ${expected}, got ${got}`);
}
