import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { type Flavour, flavours, mountEngineSocket } from "../harness/flavours.ts";
import { type Process, processesOf } from "../harness/processes.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startProxy, statusOf } from "./proxy.ts";

const none = "0000000000000000";
/** KILL (bit 5), SETGID (6) and SETUID (7). */
const three = "00000000000000e0";

describe.concurrent.each(Object.keys(flavours) as Flavour[])("the proxy, started %s,", (flavour) => {
	let sandbox: Sandbox;
	let proxy: string;
	let processes: readonly Process[];

	beforeAll(async () => {
		sandbox = await createSandbox(`users-${flavour}`);
		proxy = await startProxy(sandbox, ...flavours[flavour], ...mountEngineSocket);
		// Once the controller has come to rest, with no HAProxy that checks a configuration.
		processes = await eventually(async () => {
			const all = await processesOf(proxy);
			expect(all.filter(({ command }) => /haproxy .*-c /.test(command))).toEqual([]);
			return all;
		});
	});
	afterAll(async () => sandbox[Symbol.asyncDispose]());

	const ofUser = (uid: number) => processes.filter(({ uids }) => uids[0] === uid);
	const modes = async (...paths: readonly string[]) =>
		(await sh(proxy, `stat --format '%n %a %u:%g' ${paths.join(" ")}`)).split("\n");

	test("has s6 as PID 1", () => {
		expect(processes.find(({ pid }) => pid === 1)?.command).toMatch(/^s6-svscan /);
	});

	test("promise 11: runs HAProxy's master and worker as 10001, in no group but its own", () => {
		const haproxy = ofUser(10001);
		expect(haproxy.map(({ command }) => command.split(" ")[0])).toEqual([
			"/usr/sbin/haproxy",
			"/usr/sbin/haproxy",
		]);
		for (const { uids, gids, groups } of haproxy) {
			expect([...uids, ...gids, ...groups]).toEqual(Array(9).fill(10001));
		}
	});

	test("promise 11: runs the controller as 10002, in the Docker socket's group besides its own", async () => {
		const socketGroup = Number(await sh(proxy, "stat --format %g /var/run/docker.sock"));
		expect(ofUser(10002)).toHaveLength(1);
		for (const { uids, gids, groups } of ofUser(10002)) {
			expect([...uids, ...gids]).toEqual(Array(8).fill(10002));
			expect(groups.toSorted()).toEqual([10002, socketGroup].toSorted());
		}
	});

	test("promise 11: leaves root nothing to do but to supervise", () => {
		for (const { command } of ofUser(0)) expect(command).toMatch(/^s6-(svscan|supervise) /);
		expect(new Set(processes.map(({ uids }) => uids[0]))).toEqual(new Set([0, 10001, 10002, 65534]));
	});

	test("promise 11: gives HAProxy, the controller and their logs no capability", () => {
		for (const { capabilities } of processes.filter(({ uids }) => uids[0] !== 0)) {
			expect(capabilities).toEqual({
				inherited: none,
				permitted: none,
				effective: none,
				bounding: three,
				ambient: none,
			});
		}
	});

	test("promise 11: keeps SETUID, SETGID and KILL for PID 1 and its supervisors, and nothing else", () => {
		for (const { capabilities } of ofUser(0)) {
			expect(capabilities).toEqual({
				inherited: none,
				permitted: three,
				effective: three,
				bounding: three,
				ambient: none,
			});
		}
	});

	test("promise 11: has directories of the owners and modes that keep HAProxy and controller apart", async () => {
		expect(
			await modes(
				"/run/haproxy",
				"/run/ballast",
				"/var/lib/ballast/generation",
				"/var/lib/ballast/state",
				"/nodes",
				"/opt/ballast /opt/ballast/src /opt/ballast/package.json",
			),
		).toEqual([
			"/run/haproxy 2750 10001:10002",
			"/run/ballast 750 10002:0",
			"/var/lib/ballast/generation 2750 10002:10001",
			"/var/lib/ballast/state 750 10002:10002",
			"/nodes 755 10002:10002",
			"/opt/ballast 755 0:0",
			"/opt/ballast/src 755 0:0",
			"/opt/ballast/package.json 755 0:0",
		]);
	});

	test("promise 11: has sockets that only their side opens", async () => {
		expect(
			await modes("/run/haproxy/admin.sock", "/run/haproxy/master.sock", "/run/ballast/ballast.sock"),
		).toEqual([
			"/run/haproxy/admin.sock 660 10001:10002",
			"/run/haproxy/master.sock 660 10001:10002",
			"/run/ballast/ballast.sock 666 10002:10002",
		]);
	});

	test("shows root of `docker exec` the config, the status and HAProxy's own answers", async () => {
		expect(await sh(proxy, "cat /usr/local/etc/haproxy/haproxy.cfg")).toContain("frontend");
		expect(await statusOf(proxy)).toMatchObject({ engine: { connected: true } });
		expect(
			await sh(proxy, `s6-ipcclient /run/haproxy/admin.sock sh -c "echo show info >&7; cat <&6"`),
		).toContain("Version: 3");
	});
});
