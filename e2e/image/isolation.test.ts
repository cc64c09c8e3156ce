import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, inspect, logsOf, sh, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { type Flavour, flavours, mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import { processesNamed } from "../harness/processes.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startProxy, statusOf } from "./proxy.ts";
import { relayEngineSocket, throughRelay } from "./socket-relay.ts";

const haproxy = "10001:10001";
const controller = "10002:10002";

describe.concurrent.each(Object.keys(flavours) as Flavour[])("in the proxy, started %s,", (flavour) => {
	let sandbox: Sandbox;
	let proxy: string;

	beforeAll(async () => {
		sandbox = await createSandbox(`isolation-${flavour}`);
		proxy = await startProxy(sandbox, ...flavours[flavour], ...mountEngineSocket);
	});
	afterAll(async () => sandbox[Symbol.asyncDispose]());

	test.each(["/var/run/docker.sock", "/run/ballast/ballast.sock"])(
		"promise 11: HAProxy's user can't connect to %s",
		async (path) => {
			expect(await connect(proxy, haproxy, path)).toBe("EACCES");
			expect(await connect(proxy, "0:0", path)).toMatch(
				flavour === "plain" ? "connected" : /connected|EACCES/,
			);
		},
	);

	test("promise 11: HAProxy's user can't read the state, nor write what it reads", async () => {
		const refused = async (script: string) =>
			expect(sh(proxy, script, haproxy)).rejects.toThrow("Permission denied");
		await refused("ls /var/lib/ballast/state");
		await refused("cat /var/lib/ballast/state/cookie-key");
		await refused("touch /var/lib/ballast/generation/x");
		await refused("rm /var/lib/ballast/generation/current");
		await refused("touch /nodes/x");
		await refused("ls /run/ballast");
	});

	test("promise 11: HAProxy's user can't plant a service for root's s6", async () => {
		await expect(sh(proxy, "mkdir /run/service/mine", haproxy)).rejects.toThrow("Permission denied");
		await expect(sh(proxy, "mkdir /run/service/mine", controller)).rejects.toThrow("Permission denied");
	});

	test("the controller reaches HAProxy's sockets, and root of `docker exec` Ballast's", async () => {
		expect(await connect(proxy, controller, "/run/haproxy/admin.sock")).toBe("connected");
		expect(await connect(proxy, controller, "/run/haproxy/master.sock")).toBe("connected");
		expect(await connect(proxy, "0:0", "/run/ballast/ballast.sock")).toBe("connected");
	});
});

describe.concurrent("with a Docker socket of", () => {
	test.each([
		["root's group", "0:0", 0],
		["a group that the image knows", "0:4", 4],
		["a group that the image does not know", "0:4711", 4711],
	])("promise 11: with %s, the controller joins that group and HAProxy does not", async (_, owner, group) => {
		await using sandbox = await createSandbox("socket-group");
		const sockets = await relayEngineSocket(sandbox, owner, "660");
		const proxy = await startProxy(sandbox, ...flavours.hardened, ...throughRelay(sockets));
		const [node] = await processesNamed(proxy, "node ");
		expect(node?.groups.toSorted()).toEqual([group, 10002].toSorted());
		for (const { groups } of await processesNamed(proxy, "/usr/sbin/haproxy"))
			expect(groups).toEqual([10001]);
		expect(await statusOf(proxy)).toMatchObject({ engine: { connected: true } });
	});

	test.each([
		["everybody's to open", "0:0", "666"],
		["HAProxy's group", "0:10001", "660"],
		["HAProxy's user", "10001:0", "600"],
	])("promise 11: with %s, the proxy refuses to start, and says why", async (_, owner, mode) => {
		await using sandbox = await createSandbox("socket-open");
		const sockets = await relayEngineSocket(sandbox, owner, mode);
		const proxy = await sandbox.run("proxy", ...throughRelay(sockets), images.proxy);
		await eventually(async () => expect(await inspect(proxy, ".State.Status")).toBe("exited"));
		expect(await inspect(proxy, ".State.ExitCode")).toBe(1);
		await eventually(async () => {
			const said = await logsOf(proxy);
			expect(said).toContain("HAProxy's user (10001:10001) can open the Docker socket /sockets/docker.sock");
			expect(said).toContain(`mode ${mode}, owner ${owner}`);
			expect(said).toContain("chmod o-rw");
		});
	});
});

test.concurrent("without a Docker socket the proxy starts, is healthy, and calls itself degraded", async () => {
	await using sandbox = await createSandbox("no-socket");
	const proxy = await startProxy(sandbox);
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded", engine: { connected: false } });
});

test.concurrent.each([
	["as another user", ["--user", "10002"], "it runs as user 10002, expected root"],
	[
		"without a capability that s6 needs",
		["--cap-drop", "SETUID"],
		"it needs the capabilities KILL, SETGID and SETUID",
	],
	["with no capability at all", ["--cap-drop", "ALL"], "got the set 0000000000000000"],
	[
		"with a folder of root's to write to",
		["--tmpfs", "/nodes:mode=755"],
		"can't write /nodes, got mode 755, owner 0:0",
	],
])("started %s, the proxy says what it expected", async (_, options, message) => {
	const { exitCode, stderr } = await tryDocker("run", "--rm", "--network", "none", ...options, images.proxy);
	expect(exitCode).toBe(1);
	expect(stderr).toContain(`ballast: the proxy does not start: `);
	expect(stderr).toContain(message);
});

/** Tries a connect as `user`, and says `connected` or the error's code. */
async function connect(container: string, user: string, path: string): Promise<string> {
	const script = `require("node:net").connect(${JSON.stringify(path)})
		.on("connect", () => { console.log("connected"); process.exit(); })
		.on("error", ({ code }) => console.log(code))`;
	return docker("exec", "--user", user, container, "node", "--eval", script);
}
