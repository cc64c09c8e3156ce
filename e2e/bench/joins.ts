import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startServer } from "../harness/servers.ts";
import { placeOf } from "../harness/standing.ts";
import { timeOf } from "./engine-events.ts";
import type { Figure } from "./figures.ts";
import { startHaproxy } from "./static-haproxy.ts";
import { wallTime } from "./wall-time.ts";

/** A proxy, and how a container comes to be behind it. */
type Subject = {
	readonly clients: readonly [Client, Client, Client];
	/** Gives the container's name. */
	readonly start: (name: string, ...imageAndCommand: readonly string[]) => Promise<string>;
};

/** Until the first answer through the proxy, in milliseconds. */
type Join = { readonly sinceStart: number; readonly sinceListening: number };

const count = 25;

/**
 * One container after the other joins an empty pool, is asked once a millisecond, and goes again. In turn with each, the same
 * app comes to listen at an address that a static HAProxy has known from the beginning.
 */
export async function joins(): Promise<readonly Figure[]> {
	await using sandbox = await createSandbox("bench");
	const [ballast, reference] = await Promise.all([behindBallast(sandbox), behindStatic(sandbox)]);
	const [ours, theirs]: [Join[], Join[]] = [[], []];
	for (let n = 0; n < count; n += 1) {
		ours.push(await join(ballast, bootTime(n)));
		theirs.push(await join(reference, bootTime(n)));
		process.stdout.write(".");
	}
	await Promise.all([...ballast.clients, ...reference.clients].map((client) => client.close()));
	const sinceListening = (all: readonly Join[]) => all.map((one) => one.sinceListening);
	const boots = ours.map((one) => one.sinceStart - one.sinceListening);
	return [
		{ what: "from listening", unit: "ms", values: sinceListening(ours) },
		{ what: "a static HAProxy that knows the address", unit: "ms", values: sinceListening(theirs) },
		{ what: "from Docker's start event", unit: "ms", values: ours.map((one) => one.sinceStart) },
		{ what: "of that, Node and the app's boot", unit: "ms", values: boots },
	];
}

async function behindBallast(sandbox: Sandbox): Promise<Subject> {
	const { name } = await startProxy(sandbox);
	const start: Subject["start"] = async (joiner, ...args) =>
		startServer(sandbox, joiner, "--expose", "3000", ...args);
	return { clients: await clientsOf(sandbox, name), start };
}

/** The address is that of a container that lends its network, and so is there before the app. */
async function behindStatic(sandbox: Sandbox): Promise<Subject> {
	const lender = await sandbox.run("lender", "--init", "--entrypoint", "sleep", images.base, "infinity");
	const { IPAddress } = await placeOf(lender, sandbox.network);
	const name = await startHaproxy(sandbox, "static", staticConfig(IPAddress));
	const start: Subject["start"] = async (joiner, ...args) =>
		sandbox.runIn(`container:${lender}`, `static-${joiner}`, ...args);
	return { clients: await clientsOf(sandbox, name), start };
}

/** As little as it takes to pass requests on: nothing is tried twice, so that the next request is as early as can be. */
function staticConfig(address: string): string {
	return `
defaults
	mode http
	timeout client 60s
	timeout connect 5s
	timeout server 60s
	retries 0
frontend web
	bind :80
	default_backend nodes
backend nodes
	server joiner ${address}:3000
`;
}

/** Past the engine's own proxy for published ports. */
async function clientsOf(sandbox: Sandbox, container: string): Promise<Subject["clients"]> {
	const url = `http://${(await placeOf(container, sandbox.network)).IPAddress}`;
	return [new Client(url), new Client(url), new Client(url)];
}

/** From 50 to 300 ms. */
function bootTime(n: number): number {
	return 50 + ((n * 97) % 251);
}

async function join({ clients, start }: Subject, boot: number): Promise<Join> {
	await eventually(async () => expectStatus(await statusOf(clients[0]), 503));
	const [container, answered] = await Promise.all([
		start("joiner", "--init", "--entrypoint", "node", images.base, "-e", app, `${boot}`),
		firstAnswer(clients),
	]);
	const listening = await eventually(async () => timeIn(await docker("logs", container)));
	const started = await timeOf("start", container);
	await remove(container);
	return { sinceStart: answered - started, sinceListening: answered - listening };
}

/**
 * Listens when it has booted, and tells when that was. It has answered before, to itself: what Node takes for its very first
 * answers is the same behind any proxy.
 */
const app = `
	const { createServer, get } = require("node:http");
	const answer = (_, response) => response.end();
	const rehearsals = createServer(answer).listen(3001, "127.0.0.1", () => rehearse(20));
	const rehearse = (left) => {
		if (left === 0) return rehearsals.close(boot);
		get({ host: "127.0.0.1", port: 3001, agent: false }, (response) => response.resume().on("end", () => rehearse(left - 1)));
	};
	// Told later: Docker would have that to do just when the proxies have theirs.
	const tell = () => setTimeout(console.log, 300, performance.timeOrigin + performance.now());
	const boot = () => setTimeout(() => createServer(answer).listen(3000, tell), process.argv[1]);
	process.on("SIGTERM", () => process.exit());`;

function timeIn(log: string): number {
	if (log === "") throw new Error("it has not told yet when it began to listen");
	return Number(log);
}

/** Three ask in turn, so that the time between two requests is no part of the figure. */
async function firstAnswer(clients: readonly Client[]): Promise<number> {
	let answered = Number.POSITIVE_INFINITY;
	await Promise.all(
		clients.map(async (client, nth) => {
			await delay(nth);
			while (answered === Number.POSITIVE_INFINITY) {
				if ((await statusOf(client)) === 200) answered = Math.min(answered, wallTime());
				await delay(1);
			}
		}),
	);
	return answered;
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
