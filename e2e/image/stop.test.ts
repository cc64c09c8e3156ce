import type { Client } from "undici";
import { expect, test } from "vitest";
import { docker, inspect, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { type Flavour, flavours, mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import { patientClient } from "../harness/patient-client.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { statsOf } from "../harness/stats.ts";
import { startProxy } from "./proxy.ts";

test.concurrent.each(Object.keys(flavours) as Flavour[])(
	"`docker stop` of a proxy started %s lets a request of 4 s finish, and ends an open WebSocket 2 s before the grace period does",
	async (flavour) => {
		await using sandbox = await createSandbox("stop");
		const { proxy, url } = await startServed(sandbox, ...flavours[flavour]);
		const webSocket = await openWebSocket(url);
		await post(url, "/delay", { delay: 4_000 });
		const slow = fetch(url, { headers: { connection: "close" } });
		await inFlight(proxy, 2);

		const stopped = docker("stop", proxy);
		const closed = timed(webSocket.closed);
		const response = await slow;
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ hello: "world" });
		expect((await closed).seconds).toBeGreaterThan(7.5);
		await stopped;
		await hasEndedByItself(proxy);
	},
);

test.concurrent("a shorter grace period of the container's own ends the WebSocket earlier", async () => {
	await using sandbox = await createSandbox("stop-early");
	const { proxy, url } = await startServed(sandbox, "--stop-timeout", "5");
	const webSocket = await openWebSocket(url);
	const stopped = docker("stop", proxy);
	expect((await timed(webSocket.closed)).seconds).toBeGreaterThan(2.5);
	await stopped;
	await hasEndedByItself(proxy);
});

test.concurrent("with nothing in flight `docker stop` takes no longer than it must", async () => {
	await using sandbox = await createSandbox("stop-idle");
	const { proxy } = await startServed(sandbox, "--stop-timeout", "30");
	// Half a minute of grace, of which a WebSocket would take all but 2 s.
	expect((await timed(docker("stop", proxy))).seconds).toBeLessThan(20);
	await hasEndedByItself(proxy);
});

/*
 * No server is asked in place of the next process: those that the old one knows may have left, and their addresses be
 * somebody else's (promise 11).
 */
test.concurrent("a client that was idle since before a reload hears that the proxy is being stopped", async () => {
	await using sandbox = await createSandbox("stop-replaced");
	// So that there is time enough to ask.
	const { proxy, url } = await startServed(sandbox, "--stop-timeout", "40");
	const client = patientClient(url);
	expect(await ask(client)).toMatchObject({ status: 200 });
	// A pool of its own takes a reload.
	const aside = ["--label", "role=backend", "--label", "ballast.pool=aside"];
	await sandbox.run("second", ...aside, images.webapp);
	await eventually(async () => expect(await tableOf(proxy)).toMatch(/^aside,\S*second-.*UP/m));

	const stopped = docker("stop", proxy);
	await eventually(async () => expect(fetch(url, { headers: { connection: "close" } })).rejects.toThrow());
	expect(await ask(client)).toEqual({
		status: 503,
		retryAfter: "5",
		text: "503 Service Unavailable: this proxy is being stopped.\n",
	});
	await Promise.all([client.close(), stopped]);
});

async function ask(client: Client) {
	const { statusCode: status, headers, body } = await client.request({ method: "GET", path: "/" });
	return { status, retryAfter: headers["retry-after"], text: await body.text() };
}

async function tableOf(proxy: string): Promise<string> {
	return await statsOf(await urlOf(proxy, 1936));
}

/** A proxy in front of one webapp that has answered through it. */
async function startServed(
	sandbox: Sandbox,
	...options: readonly string[]
): Promise<{ proxy: string; url: string }> {
	await sandbox.run("webapp", "--label", "role=backend", images.webapp);
	const proxy = await startProxy(sandbox, ...options, ...mountEngineSocket);
	const url = await urlOf(proxy, 80);
	await eventually(async () => {
		const response = await fetch(url, { headers: { connection: "close" } });
		expect(await response.json()).toMatchObject({ hello: "world" });
	});
	return { proxy, url };
}

async function openWebSocket(url: string): Promise<{ readonly closed: Promise<void> }> {
	const webSocket = new WebSocket(url.replace("http", "ws"));
	const closed = new Promise<void>((resolve) => webSocket.addEventListener("close", () => resolve()));
	const echo = new Promise((resolve) => webSocket.addEventListener("message", ({ data }) => resolve(data)));
	webSocket.addEventListener("open", () => webSocket.send("hello"));
	expect(await echo).toBe("hello");
	return { closed };
}

async function post(url: string, path: string, body: object): Promise<void> {
	const headers = { connection: "close", "content-type": "application/json" };
	const response = await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
	expect(response.status).toBe(200);
}

/** Waits until HAProxy's statistics count `count` sessions at the servers. */
async function inFlight(proxy: string, count: number): Promise<void> {
	await eventually(async () => {
		const [header = "", ...lines] = (await tableOf(proxy)).split("\n");
		const column = header.split(",").indexOf("scur");
		const backend = lines.find((line) => line.startsWith("nodes,BACKEND,"));
		expect(Number(backend?.split(",")[column])).toBe(count);
	});
}

async function timed(work: Promise<unknown>): Promise<{ readonly seconds: number }> {
	const start = performance.now();
	await work;
	return { seconds: (performance.now() - start) / 1_000 };
}

/** Within its grace period, that is: whoever is not done by then is killed, which is another exit code. */
async function hasEndedByItself(proxy: string): Promise<void> {
	expect(await inspect(proxy, ".State.ExitCode")).toBe(0);
}
