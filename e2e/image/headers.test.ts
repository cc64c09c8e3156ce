import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startServer } from "../harness/servers.ts";

/** Answers with the headers that it got. */
const mirror =
	'require("node:http").createServer((q, r) => r.end(JSON.stringify(q.headers))).listen(3000, "0.0.0.0")';

let sandbox: Sandbox;
let edge: RunningProxy;
let behind: RunningProxy;

beforeAll(async () => {
	sandbox = await createSandbox("headers");
	const port = ["--label", "ballast.port=3000"];
	[edge, behind] = await Promise.all([
		startProxy(sandbox),
		startProxy(sandbox, ["-e", "BALLAST_TRUSTED_PROXIES=0.0.0.0/0"], "behind"),
		startServer(sandbox, "mirror", ...port, images.base, "node", "--eval", mirror),
	]);
	for (const { url } of [edge, behind])
		await eventually(async () => expect((await fetch(url)).status).toBe(200));
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const anAddress = expect.stringMatching(/^\d+(\.\d+){3}$/);

describe("at the edge, a server is told", () => {
	test("of the client as it came, whatever it says of itself", async () => {
		const headers = await sent(edge, "HTTP/1.1", ["Host: shop.test:8080", "X-Real-IP: 1.1.1.1"]);
		expect(headers).toMatchObject({
			"x-real-ip": anAddress,
			"x-forwarded-for": anAddress,
			"x-forwarded-proto": "http",
			"x-forwarded-host": "shop.test:8080",
			"x-forwarded-port": "8080",
		});
		expect(headers["x-real-ip"]).not.toBe("1.1.1.1");
	});

	test("port 80 where the client's URL has none", async () => {
		expect(await sent(edge, "HTTP/1.1", ["Host: shop.test"])).toMatchObject({ "x-forwarded-port": "80" });
	});

	test.each([
		["without a host", "HTTP/1.0", []],
		["with an empty one", "HTTP/1.1", ["Host:"]],
	])("no host and no port by a request %s", async (_, version, lines) => {
		const headers = await sent(edge, version, lines);
		expect(headers).toMatchObject({ "x-real-ip": anAddress, "x-forwarded-proto": "http" });
		expect(Object.keys(headers)).not.toContain("x-forwarded-host");
		expect(Object.keys(headers)).not.toContain("x-forwarded-port");
	});
});

describe("behind a trusted proxy, a server is told", () => {
	test("what the proxy says, and its address after the client's", async () => {
		const said = ["X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: https", "X-Real-IP: 198.51.100.7"];
		expect(await sent(behind, "HTTP/1.1", ["Host: shop.test", ...said])).toMatchObject({
			"x-forwarded-for": expect.stringMatching(/^198\.51\.100\.7, \d+(\.\d+){3}$/),
			"x-real-ip": "198.51.100.7",
			"x-forwarded-proto": "https",
			"x-forwarded-host": "shop.test",
			"x-forwarded-port": "443",
		});
	});

	test("no X-Real-IP when the proxy names none, rather than the proxy's own", async () => {
		const headers = await sent(behind, "HTTP/1.1", ["Host: shop.test", "X-Forwarded-For: 198.51.100.7"]);
		expect(Object.keys(headers)).not.toContain("x-real-ip");
	});

	test("no host and no port by a request without a host", async () => {
		const headers = await sent(behind, "HTTP/1.0", []);
		expect(Object.keys(headers)).not.toContain("x-forwarded-host");
		expect(Object.keys(headers)).not.toContain("x-forwarded-port");
	});
});

/** The headers that arrive at the server for a request of exactly these lines. */
async function sent(
	{ url }: RunningProxy,
	version: string,
	lines: readonly string[],
): Promise<Readonly<Record<string, string>>> {
	const { hostname, port } = new URL(url);
	const socket = connect(Number(port), hostname);
	socket.write([`GET / ${version}`, ...lines, "Connection: close", "", ""].join("\r\n"));
	const [, body = ""] = (await text(socket)).split("\r\n\r\n");
	return JSON.parse(body);
}
