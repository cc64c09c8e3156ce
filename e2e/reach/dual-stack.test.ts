import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { keptLines } from "../harness/membership.ts";
import { problemWith, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, quickHealth, startServer, startWebapp } from "../harness/servers.ts";
import { isKeptOut, isServedAt, placeOf } from "../harness/standing.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let dual: string;
let six: string;
let healthy: string;

/** Listens on IPv6 alone, and on IPv4 as well once it is told by SIGUSR2. */
const growing = `
	const { createServer } = require("node:http");
	const listen = (host) => createServer((request, response) => {
		response.setHeader("x-backend-ip", request.socket.localAddress).end();
	}).listen({ port: 3000, host, ipv6Only: true });
	process.on("SIGUSR2", () => listen("0.0.0.0")).on("SIGTERM", () => process.exit());
	listen("::");`;

beforeAll(async () => {
	const [a = "", b = "", c = ""] = randomBytes(6).toString("hex").match(/..../g) ?? [];
	const block = `fd${a.slice(2)}:${b}:${c}::/64`;
	sandbox = await createSandbox("dual-stack", undefined, "--ipv6", "--subnet", block);
	const port = ["--label", "ballast.port=3000"];
	[proxy, dual, six, healthy] = await Promise.all([
		startProxy(sandbox),
		startWebapp(sandbox, "dual"),
		startServer(sandbox, "six", ...port, images.base, "node", "--eval", growing),
		startServer(sandbox, "healthy", ...port, ...quickHealth, ...lateListener(3000, "::")),
	]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const ipv4At = async (container: string) => `${(await placeOf(container, sandbox.network)).IPAddress}:3000`;
const ipv6At = async (container: string) =>
	`[${(await placeOf(container, sandbox.network)).GlobalIPv6Address}]:3000`;

test("of two addresses IPv4 is taken where it answers, IPv6 where it alone does, HEALTHCHECK or not", async () => {
	await isServedAt(proxy, dual, await ipv4At(dual), "healthy");
	await isServedAt(proxy, six, await ipv6At(six), "listening");
	const { message } = await problemWith(proxy, "not-listening", healthy);
	expect(message).toContain(`neither at ${await ipv4At(healthy)} nor at ${await ipv6At(healthy)}`);
	await isKeptOut(proxy, healthy, "not-listening");
	await letListen(healthy);
	await isServedAt(proxy, healthy, await ipv6At(healthy), "healthy");

	const expected = [await ipv4At(dual), await ipv6At(six), await ipv6At(healthy)];
	await eventually(async () => {
		const answers = await Promise.all(Array.from({ length: 6 }, async () => answerOf(proxy.url)));
		expect([...new Set(answers)].sort()).toEqual(expected.map(addressIn).sort());
	});
});

test("an address once taken stays, also when the other begins to answer and the controller starts again", async () => {
	await docker("kill", "--signal", "USR2", six);
	const fourth = addressIn(await ipv4At(six));
	await eventually(async () => docker("exec", proxy.name, "node", "--eval", connects(fourth)));
	await docker("exec", proxy.name, "s6-svc", "-wR", "-r", "/run/service/controller");
	await isServedAt(proxy, six, await ipv6At(six));
	const joins = (await keptLines(proxy)).filter(({ name, event }) => name === six && event === "join");
	expect(joins).toHaveLength(1);

	await docker("restart", "--time", "1", six);
	await isServedAt(proxy, six, await ipv6At(six));
});

test("in a network of IPv6 alone, as engines from 28 on make them, servers have their IPv6 addresses", async () => {
	const saved = JSON.parse(await docker("inspect", proxy.name, dual, six));
	for (const { NetworkSettings } of saved)
		Object.assign(NetworkSettings.Networks[sandbox.network], { IPAddress: "", IPPrefixLen: 0, Gateway: "" });
	const render = ["exec", "-i", proxy.name, "ballast", "render", "--from", "-", "--proxy", proxy.name];
	const { stdout, stderr } = await execa("docker", render, { input: JSON.stringify(saved) });
	const places = [...stdout.matchAll(/^ {4}server \S+ (\S+:3000) /gm)].map(([, place]) => place);
	expect(places.sort()).toEqual([await ipv6At(dual), await ipv6At(six)].sort());
	expect(stderr).toBe("");
});

async function answerOf(url: string): Promise<string | null> {
	const response = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(3_000) });
	return response.headers.get("x-backend-ip");
}

/** `1.2.3.4:3000` and `[fd00::1]:3000` without their port. */
function addressIn(place: string): string {
	return place.replace(/:\d+$/, "").replace(/[[\]]/g, "");
}

/** A script that fails unless something listens there. */
function connects(address: string): string {
	return `require("node:net").connect(3000, "${address}").on("connect", () => process.exit()).on("error", () => process.exit(1))`;
}
