import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, sh, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import { keptLines } from "../harness/membership.ts";
import { joinLabelOf, type RunningProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";
import { startTraffic } from "../load/traffic.ts";
import { isUnharmed } from "./unharmed.ts";

/* The machine's clock is everybody's: libfaketime changes it for the controller and its supervisor alone. */

let sandbox: Sandbox;
let proxy: RunningProxy;
let s1: string;
let s2: string;

beforeAll(async () => {
	const build = ["--quiet", "--build-arg", `BASE=${images.proxy}`, "--tag", images.faketime];
	await docker("build", ...build, "--file", "e2e/faults/Dockerfile", ".");
	sandbox = await createSandbox("clock");
	const published = ["-p", "127.0.0.1::80", "-p", "127.0.0.1::1936"];
	const label = ["-e", `BALLAST_JOIN_LABEL=${joinLabelOf(sandbox)}`];
	const name = await sandbox.run("proxy", ...published, ...label, ...mountEngineSocket, images.faketime);
	const [url, statsUrl] = await Promise.all([urlOf(name, 80), urlOf(name, 1936)]);
	proxy = { name, network: sandbox.network, url, statsUrl };
	[s1, s2] = await Promise.all([startWebapp(sandbox, "s1"), startWebapp(sandbox, "s2")]);
	await agreeOn(proxy, s1, s2);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test.each([
	["an hour back", "-3600"],
	["a day forth", "+86400"],
	["back to the right time", "+0"],
])(
	"a clock that is set %s loses no request, and changes nothing of who is served, and how soon",
	async (change, offset) => {
		const traffic = startTraffic(proxy.url, { kept: 4, thinkMs: 100, fresh: 3 });
		await eventually(() => expect(traffic.answered()).toBeGreaterThan(50));
		await sh(proxy.name, `echo ${offset} >/etc/faketime`);
		await eventually(async () => expect(await offBy()).toBeCloseTo(Number(offset), -1));
		const s3 = await startWebapp(sandbox, "s3");
		await agreeOn(proxy, s1, s2, s3);
		await docker("stop", "--time", "5", s3);
		await agreeOn(proxy, s1, s2);
		await remove(s3);
		const well = { state: "ok", engine: { connected: true }, problems: [] };
		await eventually(async () => expect(await statusOf(proxy)).toMatchObject(well));
		await isUnharmed(`a clock that is set ${change}`, traffic);
		const written = Date.parse((await keptLines(proxy)).at(-1)?.time ?? "");
		// To some minutes: it was written when the last server left.
		expect((written - Date.now()) / 1000).toBeCloseTo(Number(offset), -3);
	},
);

/** Seconds by which the container's clock is ahead of this machine's. */
async function offBy(): Promise<number> {
	return Number(await sh(proxy.name, "date +%s")) - Date.now() / 1000;
}
