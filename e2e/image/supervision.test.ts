import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { docker, logsOf, sh, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { flavours, mountEngineSocket } from "../harness/flavours.ts";
import { becomes } from "../harness/health.ts";
import { images } from "../harness/images.ts";
import { childOf, processesNamed, processesOf } from "../harness/processes.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startProxy } from "./proxy.ts";

let sandbox: Sandbox;
let proxy: string;
let url: string;

beforeAll(async () => {
	sandbox = await createSandbox("supervision");
	await sandbox.run("webapp", "--label", "role=backend", images.webapp);
	proxy = await startProxy(
		sandbox,
		...flavours.hardened,
		...mountEngineSocket,
		...["--health-interval", "1s", "--health-retries", "1"],
	);
	url = await urlOf(proxy, 80);
	await eventually(expectServed);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

describe("each process restarts alone when it is killed:", () => {
	const commandAndParent = {
		master: ["/usr/sbin/haproxy", "s6-supervise haproxy"],
		worker: ["/usr/sbin/haproxy", "/usr/sbin/haproxy"],
		controller: ["node", "s6-supervise controller"],
		haproxyLog: ["cat", "s6-supervise haproxy/log"],
		controllerLog: ["cat", "s6-supervise controller/log"],
	} as const;
	type Name = keyof typeof commandAndParent;
	const names = Object.keys(commandAndParent) as Name[];

	const pids = async () => {
		const processes = await processesOf(proxy);
		const pidOf = ([command, parent]: readonly [string, string]) => childOf(processes, command, parent)?.pid;
		return new Map(names.map((name) => [name, pidOf(commandAndParent[name])]));
	};

	test.each<[Name, readonly Name[]]>([
		["controller", ["controller"]],
		["controllerLog", ["controllerLog"]],
		["haproxyLog", ["haproxyLog"]],
		// A worker without its master ends, and a master takes the death of its worker for a reason to start over.
		["worker", ["master", "worker"]],
		["master", ["master", "worker"]],
	])("the %s", async (killed, renewed) => {
		const before = await pids();
		await sh(proxy, `kill -KILL ${before.get(killed)}`);
		await eventually(async () => {
			const after = await pids();
			expect([...after.values()]).not.toContain(undefined);
			const changed = names.filter((name) => after.get(name) !== before.get(name));
			expect(changed.toSorted()).toEqual(renewed.toSorted());
			await expectServed();
		});
	});
});

test("HAProxy serves on while the controller is down, and Docker is told of it", async () => {
	await sh(proxy, "s6-svc -wD -T 60000 -d /run/service/controller");
	await expectServed();
	await becomes(proxy, "unhealthy");
	await expectServed();
	await sh(proxy, "s6-svc -u /run/service/controller");
	await becomes(proxy, "healthy");
});

test("without HAProxy the proxy is unhealthy, and healthy again when it is back", async () => {
	await sh(proxy, "s6-svc -wD -T 60000 -d /run/service/haproxy");
	await becomes(proxy, "unhealthy");
	await sh(proxy, "s6-svc -u /run/service/haproxy");
	await becomes(proxy, "healthy");
	await eventually(expectServed);
});

test("promise 11: HAProxy does not serve what an earlier life of the proxy has left, nor can it be brought back", async () => {
	await using ownSandbox = await createSandbox("second-life");
	const volume = ["-v", `${await ownSandbox.volume("ballast")}:/var/lib/ballast`];
	const first = await startProxy(ownSandbox, ...mountEngineSocket, ...volume);
	await ownSandbox.run("webapp", "--label", "role=backend", images.webapp);
	await eventually(async () => sh(first, "test -L /var/lib/ballast/generation/previous"));
	await docker("rm", "--force", "--volumes", first);

	// The controller can't run without a directory for its socket, so that this life has no generation.
	const noSocket = ["-e", "BALLAST_RUN_DIR=/nonexistent"];
	const second = await ownSandbox.run("second", ...volume, ...noSocket, images.proxy);
	await eventually(async () => expect(await logsOf(second)).toContain("/nonexistent"));
	expect(await processesNamed(second, "/usr/sbin/haproxy")).toEqual([]);
	// It is set aside under a name that HAProxy does not read.
	const links = "find /var/lib/ballast/generation -type l";
	expect(await sh(second, links)).toBe("/var/lib/ballast/generation/last-life");
});

async function expectServed(): Promise<void> {
	const response = await fetch(url, { signal: AbortSignal.timeout(5_000), headers: { connection: "close" } });
	expect(await response.json()).toMatchObject({ hello: "world" });
}
