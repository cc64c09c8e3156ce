import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, inspect, urlOf } from "../harness/docker.ts";
import { becomes } from "../harness/health.ts";
import { images } from "../harness/images.ts";
import { processesOf } from "../harness/processes.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";

let sandbox: Sandbox;
let webapp: string;
let url: string;

beforeAll(async () => {
	sandbox = await createSandbox("webapp");
	webapp = await sandbox.run("webapp", "-p", "127.0.0.1::3000", "-e", "TAG=blue", images.webapp);
	await becomes(webapp, "healthy");
	url = await urlOf(webapp, 3000);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("says who answers", async () => {
	const response = await fetch(url);
	const ip = await docker(
		"inspect",
		"--format",
		`{{(index .NetworkSettings.Networks "${sandbox.network}").IPAddress}}`,
		webapp,
	);
	const id = /^NODESESSID=([0-9a-f]{32}); Path=\/; HttpOnly/.exec(
		response.headers.get("set-cookie") ?? "",
	)?.[1];
	expect(response.headers.get("x-backend-ip")).toBe(ip);
	expect(await response.json()).toEqual({
		hello: "world",
		ip,
		host: await inspect(webapp, ".Config.Hostname"),
		tag: "blue",
		sessionViews: 1,
		id,
	});
});

test("counts the views of a session, and gives a cookie that it does not know a new one", async () => {
	const first = await view();
	expect(await view(`a=b; NODESESSID=${first.id}`)).toMatchObject({ id: first.id, sessionViews: 2 });
	expect(await view(`NODESESSID=${first.id}`)).toMatchObject({ id: first.id, sessionViews: 3 });
	const unknown = "0".repeat(32);
	const stranger = await view(`NODESESSID=${unknown}`);
	expect(stranger.sessionViews).toBe(1);
	expect(stranger.id).not.toBe(unknown);
});

test("slows its answers on demand, and its health check stays as fast", async () => {
	expect(await setDelay('{"delay": 1500}')).toEqual([200, { delay: 1500 }]);
	const start = performance.now();
	const health = fetch(`${url}/healthz`).then(() => "health");
	const slow = view().then(() => "view");
	expect(await Promise.race([health, slow])).toBe("health");
	await slow;
	expect(performance.now() - start).toBeGreaterThan(1_490);
	expect(await setDelay('{"delay": 0}')).toEqual([200, { delay: 0 }]);
});

test.each([
	["", "nothing"],
	["{", "{"],
	["{}", "{}"],
	['{"delay": "5"}', '"5"'],
	['{"delay": -1}', "-1"],
	['{"delay": 1.5}', "1.5"],
	['{"delay": 60001}', "60001"],
])("refuses the delay %s, and says what it expected", async (body, got) => {
	const error = `Expected {"delay": ms} with a whole number from 0 to 60000, got ${got}.`;
	expect(await setDelay(body)).toEqual([400, { error }]);
});

test("answers 404 for what it does not have", async () => {
	expect((await fetch(`${url}/nothing`)).status).toBe(404);
});

test("runs s6 and Node, and neither as root", async () => {
	const processes = await processesOf(webapp);
	expect(processes.find(({ pid }) => pid === 1)?.command).toMatch(/^s6-svscan /);
	expect(processes.some(({ command }) => command.startsWith("node "))).toBe(true);
	for (const { uids } of processes) expect(uids).toEqual(Array(4).fill(10003));
});

test("told to stop, it serves on for a second, finishes what is in flight, and exits by itself", async () => {
	const leaving = await sandbox.run("leaving", "-p", "127.0.0.1::3000", images.webapp);
	await becomes(leaving, "healthy");
	const own = await urlOf(leaving, 3000);
	await fetch(`${own}/delay`, { method: "POST", body: '{"delay": 3000}' });
	const asking = askUntilRefused(own);
	await docker("stop", leaving);
	const asked = await asking;
	const log = await docker("logs", "--timestamps", leaving);
	const told = Date.parse(/^(\S+) Told to stop/m.exec(log)?.[1] ?? "");

	const late = asked.filter(({ since, status }) => since > told && status === 200);
	expect(late.length).toBeGreaterThan(0);
	expect(late.filter(({ connection }) => connection !== "close")).toEqual([]);
	expect(asked.filter(({ since, status }) => since <= told && status !== 200)).toEqual([]);
	expect(await inspect(leaving, ".State.ExitCode")).toBe(0);
});

/** A request every 50 ms, also while others are in flight, until one is refused: that has the status 0. */
async function askUntilRefused(address: string) {
	let isRefused = false;
	const ask = async () => {
		const since = Date.now();
		try {
			const { status, headers } = await fetch(address);
			return { since, status, connection: headers.get("connection") };
		} catch {
			isRefused = true;
			return { since, status: 0, connection: null };
		}
	};
	const asked: ReturnType<typeof ask>[] = [];
	for (; !isRefused; await delay(50)) asked.push(ask());
	return await Promise.all(asked);
}

async function view(cookie = ""): Promise<{ readonly id: string; readonly sessionViews: number }> {
	return (await (await fetch(url, { headers: { cookie } })).json()) as { id: string; sessionViews: number };
}

async function setDelay(body: string): Promise<readonly [number, unknown]> {
	const response = await fetch(`${url}/delay`, { method: "POST", body });
	return [response.status, await response.json()];
}
