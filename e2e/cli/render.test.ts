import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { ballast, problemWith, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let web: string;
let api: string;
let bad: string;

/** With the key of its cookies, the file also holds what the proxy alone knows. */
const sticky = ["--label", "ballast.sticky=cookie"];

beforeAll(async () => {
	sandbox = await createSandbox("render");
	[proxy, web, api, bad] = await Promise.all([
		startProxy(sandbox),
		startWebapp(sandbox, "web", "--label", "ballast.weight=7", ...sticky),
		startWebapp(sandbox, "api", "--no-healthcheck", ...sticky),
		startWebapp(sandbox, "bad", "--label", "ballast.port=banana"),
	]);
	await agreeOn(proxy, web, api);
	await problemWith(proxy, "bad-label", bad);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("ballast render prints the very bytes that run, and the problems beside them", async () => {
	const { exitCode, stdout, stderr } = await ballast(proxy, "render");
	expect(exitCode).toBe(0);
	expect(stdout).toBe(await running());
	expect(stderr).toContain(bad);
	expect(stderr).toContain("banana");
});

test("ballast render --from saved inspects gives the same bytes", async () => {
	const saved = await docker("inspect", proxy.name, web, api, bad);
	const render = ["ballast", "render", "--from", "-", "--proxy", proxy.name];
	const { stdout } = await execa("docker", ["exec", "-i", proxy.name, ...render], { input: saved });
	expect(stdout.trim()).toBe(await running());
});

test("ballast render --json tells of every file, the fleet and the problems", async () => {
	const { stdout } = await ballast(proxy, "render", "--json");
	const { files, fleet, problems } = JSON.parse(stdout);
	expect(Object.keys(files).sort()).toEqual([
		"haproxy.cfg",
		"hold.lua",
		"maps/routes.map",
		"maps/waits.map",
		"pages/no-route.txt",
		"pages/no-server.txt",
		"pages/not-woken.txt",
		"pages/too-many.txt",
	]);
	expect(files["haproxy.cfg"].trim()).toBe(await running());
	const [pool] = fleet.pools;
	const containers = pool.servers.map(({ container }: { container: { name: string } }) => container.name);
	expect(containers.sort()).toEqual([api, web].sort());
	expect(problems).toMatchObject([{ code: "bad-label", subject: bad }]);
});

test("a flag shows what another setting would come to, and changes nothing", async () => {
	const before = await running();
	const { stdout } = await ballast(proxy, "render", "--stats-port", "9000");
	expect(stdout).toMatch(/^ {4}bind :9000$/m);
	expect(await running()).toBe(before);
});

test.each([
	["no JSON", "<html>"],
	["no array of containers", "{}"],
])("a saved file with %s is refused with exit code 2 and what to do", async (_, saved) => {
	const args = ["exec", "-i", proxy.name, "ballast", "render", "--from", "-"];
	const { exitCode, stderr } = await execa("docker", args, { input: saved, reject: false });
	expect(exitCode).toBe(2);
	expect(stderr).toContain("docker inspect");
});

test("an engine that can't be read ends ballast render with exit code 4", async () => {
	const { exitCode, stderr } = await ballast(proxy, "render", "--docker-host", "unix:///nowhere.sock");
	expect(exitCode).toBe(4);
	expect(stderr).toContain("There is no Docker socket at /nowhere.sock");
});

async function running(): Promise<string> {
	return docker("exec", proxy.name, "cat", "/usr/local/etc/haproxy/haproxy.cfg");
}
