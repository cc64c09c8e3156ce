import { expect, test } from "vitest";
import { docker, logsOf, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { slowDown } from "../harness/servers.ts";
import { startTraffic } from "./traffic.ts";

const reloads = 20;

/*
 * Seen to fail with `option idle-close-on-response` taken out of templates/partials/defaults.cfg.eta: idle kept
 * connections are then closed under the request that the client has just sent.
 */
test("no connection is lost over 20 reloads, kept ones with think time, fresh ones and slow answers alike", async () => {
	await using sandbox = await createSandbox("reloads");
	const join = `${sandbox.network}=backend`;
	const [proxy] = await Promise.all([
		sandbox.run("proxy", "-e", `BALLAST_JOIN_LABEL=${join}`, "-e", "BALLAST_PORT=3000", ...proxyOptions),
		...["s1", "s2", "slow"].map((name) => sandbox.run(name, "--label", join, images.webapp)),
	]);
	await slowDown(sandbox.nameOf("slow"), 400);
	await eventually(async () => expect(await serversOf(proxy)).toHaveLength(3));
	const traffic = startTraffic(await urlOf(proxy, 80), { kept: 64, thinkMs: 400, fresh: 4 });
	await eventually(() => expect(traffic.answered()).toBeGreaterThan(100));

	const before = await reloadCount(proxy);
	for (let reload = 0; reload < reloads; reload += 2) await comeAndGo(sandbox, proxy, join);
	const { answered, unserved, lost } = await traffic.stop();

	expect(await reloadCount(proxy)).toBeGreaterThanOrEqual(before + reloads);
	console.log(`${answered} requests answered over ${reloads} reloads, ${lost.length} lost`);
	expect({ lost, unserved }).toEqual({ lost: [], unserved: [] });
	expect(answered).toBeGreaterThan(1_000);
});

const published = ["-p", "127.0.0.1::80", "-p", "127.0.0.1::1936"];
const proxyOptions = [...published, "-v", "/var/run/docker.sock:/var/run/docker.sock", images.proxy];

/** Two reloads: a server joins a pool of its own and leaves it again, so that what is lost is lost by the reload. */
async function comeAndGo(sandbox: Sandbox, proxy: string, join: string): Promise<void> {
	const labels = ["--label", join, "--label", "ballast.pool=aside"];
	const guest = await sandbox.run("guest", ...labels, "--no-healthcheck", images.webapp);
	await eventually(async () => expect(await serversOf(proxy)).toHaveLength(4));
	await docker("rm", "--force", guest);
	await eventually(async () => expect(await serversOf(proxy)).toHaveLength(3));
}

/** The servers that the running process has: lines of the stats page's own table. */
async function serversOf(proxy: string): Promise<readonly string[]> {
	const table = await (await fetch(`${await urlOf(proxy, 1936)}/;csv`)).text();
	return table.split("\n").filter((line) => /^(?!_)[^,]+,(?!FRONTEND|BACKEND|svname)[^,]/.test(line));
}

async function reloadCount(proxy: string): Promise<number> {
	return (await logsOf(proxy)).split("HAProxy has a new generation").length - 1;
}
