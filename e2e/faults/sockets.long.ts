import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { problemWith, type RunningProxy, startProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { startTraffic } from "../load/traffic.ts";
import { isUnharmed } from "./unharmed.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let s1: string;
let s2: string;

beforeAll(async () => {
	sandbox = await createSandbox("sockets");
	[proxy, s1, s2] = await Promise.all([
		startProxy(sandbox),
		startWebapp(sandbox, "s1"),
		startWebapp(sandbox, "s2"),
	]);
	await agreeOn(proxy, s1, s2);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test.each(["admin.sock", "master.sock"])(
	"a %s that somebody removed is told of; who is served goes on, and the remedy helps",
	async (socket) => {
		const traffic = startTraffic(proxy.url, { kept: 3, thinkMs: 100, fresh: 2 });
		await eventually(() => expect(traffic.answered()).toBeGreaterThan(20));
		await sh(proxy.name, `rm /run/haproxy/${socket}`, "10001");
		const { message, hint } = await problemWith(proxy, "haproxy-socket-gone", "haproxy");
		expect(message).toContain(`${socket} is gone`);
		expect(await statusOf(proxy)).toMatchObject({ state: "degraded", servers: 2 });
		await isUnharmed(`without ${socket}`, traffic);

		const [, remedy = ""] = hint.split("docker exec <proxy> ");
		const s3 = await startWebapp(sandbox, `for-${socket}`);
		await docker("exec", proxy.name, ...remedy.split(" "));
		await agreeOn(proxy, s1, s2, s3);
		await docker("rm", "--force", s3);
		await agreeOn(proxy, s1, s2);
		await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ state: "ok" }));
	},
);
