import { execa } from "execa";
import { expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { ballast, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";

test("ballast log tells who came and went, follows as it happens, and ends with the controller", async () => {
	await using sandbox = await createSandbox("log");
	const [proxy, first] = await Promise.all([startProxy(sandbox), startWebapp(sandbox, "first")]);
	await agreeOn(proxy, first);
	const following = execa("docker", ["exec", proxy.name, "ballast", "log", "--follow"], { reject: false });
	let told = "";
	following.stdout.on("data", (chunk) => {
		told += chunk;
	});
	const tells = async (line: RegExp) => await eventually(() => expect(told).toMatch(line));

	await tells(/^\S+Z {2}join +balancer +\S+-proxy +[\d.]+ +started$/m);
	await tells(/^\S+Z {2}join +nodes +\S+-first +[\d.]+:3000 +healthy$/m);
	const second = await startWebapp(sandbox, "second", "--no-healthcheck");
	await tells(/^\S+Z {2}join +nodes +\S+-second +[\d.]+:3000 +listening$/m);
	await docker("stop", second);
	await tells(/^\S+Z {2}leave +nodes +\S+-second +[\d.]+:3000 +told to stop \(SIGTERM\)$/m);

	const { stdout } = await ballast(proxy, "log", "--json", "--lines", "2");
	expect(stdout.split("\n").map((line) => JSON.parse(line))).toMatchObject([
		{ event: "join", name: second, pool: "nodes", why: "listening" },
		{ event: "leave", name: second, pool: "nodes", why: "told to stop (SIGTERM)" },
	]);

	await docker("exec", proxy.name, "s6-svc", "-d", "/run/service/controller");
	const { exitCode, stderr } = await following;
	expect(stderr).toContain("the controller tells no more");
	expect(exitCode).toBe(3);
});
