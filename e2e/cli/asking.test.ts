import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { inspect, logsOf, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import { ballast, joinLabelOf, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let hardened: RunningProxy;
let web: string;

beforeAll(async () => {
	sandbox = await createSandbox("asking");
	[hardened, web] = await Promise.all([startProxy(sandbox), startWebapp(sandbox, "web")]);
	await agreeOn(hardened, web);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

describe("in a hardened container", () => {
	test("ballast status tells on one screen that all is well", async () => {
		const { exitCode, stdout } = await ballast(hardened, "status");
		expect(exitCode).toBe(0);
		for (const line of [
			/^state +ok *$/m,
			/^serving +1 server\(s\) in 1 pool\(s\) *$/m,
			/^generation +[0-9a-f]{12} *$/m,
			/^engine +connected since [\d:.TZ-]+ *$/m,
			/^problems +none *$/m,
		])
			expect(stdout).toMatch(line);
	});

	test("ballast servers is a table of what HAProxy counts", async () => {
		const { stdout } = await ballast(hardened, "servers");
		const [heading, ...rows] = stdout.split("\n");
		expect(heading).toMatch(/^POOL +SERVER +CONTAINER +ADDRESS +STATUS +WEIGHT +NOW +TOTAL/);
		expect(rows).toHaveLength(1);
		expect(rows[0]).toMatch(new RegExp(`^nodes +${web}-\\w{8} +${web} +[\\d.]+:3000 +UP +100 +\\d+ +\\d+`));
	});

	test.each([
		["problems", 0, "No problems."],
		["health", 0, "HAProxy answers, and the controller's loop turns"],
	])("ballast %s answers in one line", async (verb, exitCode, stdout) => {
		expect(await ballast(hardened, verb)).toEqual({ exitCode, stdout, stderr: "" });
	});

	test.each([
		["status", { state: "ok", servers: 1 }],
		["servers", [{ pool: "nodes", status: "UP" }]],
		["problems", []],
	])("ballast %s --json is for programs", async (verb, answer) => {
		const { exitCode, stdout } = await ballast(hardened, verb, "--json");
		expect(exitCode).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject(answer);
	});

	test("ballast check accepts what runs", async () => {
		expect(await ballast(hardened, "check")).toMatchObject({ exitCode: 0, stderr: "" });
	});

	test("ballast settings shows each setting, its value and where that comes from", async () => {
		const { exitCode, stdout } = await ballast(hardened, "settings");
		expect(exitCode).toBe(0);
		expect(stdout).toMatch(
			new RegExp(`^BALLAST_JOIN_LABEL +--join-label +${joinLabelOf(sandbox)} +BALLAST_JOIN_LABEL `, "m"),
		);
		expect(stdout).toMatch(/^BALLAST_STATS_PORT +--stats-port +1936 +default/m);
		const { stdout: json } = await ballast(hardened, "settings", "--json", "--stats-port", "99");
		expect(JSON.parse(json)).toContainEqual(
			expect.objectContaining({ name: "statsPort", text: "99", default: "1936" }),
		);
	});

	test("what can't be understood is refused with exit code 2 and the reason", async () => {
		expect(await ballast(hardened, "stauts")).toMatchObject({
			exitCode: 2,
			stderr: expect.stringContaining("status"),
		});
		expect(await ballast(hardened, "check", "--port", "99999")).toMatchObject({
			exitCode: 2,
			stderr: expect.stringContaining("expected a port from 1 to 65535"),
		});
	});
});

test.concurrent("where no controller runs, asking ends with exit code 3 and says where to ask", async () => {
	const outside = await tryDocker("run", "--rm", "--network", "none", images.proxy, "ballast", "status");
	expect(outside.exitCode).toBe(3);
	expect(outside.stderr).toContain("docker exec");
});

test.concurrent.each([
	["BALLAST_PORT=99999", /BALLAST_PORT.*"?99999"?.*a port from 1 to 65535/],
	["BALLAST_JOIN_LABEL=two words", /BALLAST_JOIN_LABEL.*two words/],
	["BALLAST_MAXCONN=1626", /BALLAST_MAXCONN is 1626, expected 1625 at most.*\n.*--ulimit nofile=5003/],
])("a proxy with the bad setting %s ends, and its log says why", async (setting, reason) => {
	await using own = await createSandbox("bad-setting");
	const limit = ["--ulimit", "nofile=5000:5000"];
	const proxy = await own.run("proxy", "-e", setting, ...limit, ...mountEngineSocket, images.proxy);
	await eventually(async () => expect(await inspect(proxy, ".State.Status")).toBe("exited"));
	expect(await inspect(proxy, ".State.ExitCode")).toBe(1);
	await eventually(async () => expect(await logsOf(proxy)).toMatch(reason));
});

test.concurrent("a proxy with as many connections as its limit of open files affords serves", async () => {
	await using own = await createSandbox("maxconn");
	const most = ["-e", "BALLAST_MAXCONN=1625", "--ulimit", "nofile=5000:5000"];
	const [proxy, server] = await Promise.all([startProxy(own, most), startWebapp(own, "web")]);
	await agreeOn(proxy, server);
});
