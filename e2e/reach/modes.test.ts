import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { followHint } from "../harness/follow-hint.ts";
import { freePort } from "../harness/free-port.ts";
import { images } from "../harness/images.ts";
import { joinLabelOf, problemWith, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, quickHealth, remove } from "../harness/servers.ts";
import { isKeptOut, isServedAt, placeOf } from "../harness/standing.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let joins: readonly string[];
/** On the host, published to HAProxy. */
let published: number;

beforeAll(async () => {
	sandbox = await createSandbox("modes");
	joins = ["--label", joinLabelOf(sandbox)];
	published = await freePort();
	proxy = await startProxy(sandbox, ["-p", `${published}:80`]);
	await agreeOn(proxy);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const idler = [images.base, "sleep", "600"] as const;

test("container:<other>: served at the other's address with its own port, through a chain, as long as that network is there", async () => {
	const lender = await sandbox.run("lender", ...idler);
	const app = await sandbox.runIn(`container:${lender}`, "app", ...joins, images.webapp);
	const second = await sandbox.runIn(
		`container:${app}`,
		"second",
		...[...joins, "--label", "ballast.port=3001"],
		...lateListener(3001),
	);
	await letListen(second);
	const address = async () => (await placeOf(lender, sandbox.network)).IPAddress;
	await isServedAt(proxy, app, `${await address()}:3000`, "healthy");
	await isServedAt(proxy, second, `${await address()}:3001`, "listening");
	await remove(second);

	await docker("network", "disconnect", sandbox.network, lender);
	await isKeptOut(proxy, app, "no-shared-network");
	const apart = await problemWith(proxy, "no-shared-network", app);
	expect(apart.message).toContain(`${lender}, whose network it uses, shares no network with the proxy`);
	expect(apart.hint).toContain(`docker network connect ${sandbox.network} ${lender}`);
	await docker("network", "connect", sandbox.network, lender);
	await isServedAt(proxy, app, `${await address()}:3000`);

	await docker("restart", "--time", "0", lender);
	await isKeptOut(proxy, app, "lost-network");
	const lost = await problemWith(proxy, "lost-network", app);
	expect(lost.message).toContain(`the network of ${lender}, which was started anew after it`);
	await docker("restart", "--time", "0", app);
	await isServedAt(proxy, app, `${await address()}:3000`);

	await docker("stop", "--time", "0", lender);
	await isKeptOut(proxy, app, "lost-network");
	await remove(lender);
	await eventually(async () => {
		expect((await problemWith(proxy, "lost-network", app)).message).toContain("which is not there");
	});
	await remove(app);
});

test("promise 11, network_mode host: served by the gateway of the proxy's network once the port answers, HEALTHCHECK or not", async () => {
	const [port, healthyPort, loopbackPort] = await Promise.all([freePort(), freePort(), freePort()]);
	const start = (name: string, at: number, host: string, ...options: readonly string[]) =>
		sandbox.runIn(
			"host",
			name,
			...joins,
			"--label",
			`ballast.port=${at}`,
			...options,
			...lateListener(at, host),
		);
	const [plain, healthy, loopback] = await Promise.all([
		start("host-plain", port, "0.0.0.0"),
		start("host-healthy", healthyPort, "0.0.0.0", ...quickHealth),
		start("host-loopback", loopbackPort, "127.0.0.1"),
	]);
	await Promise.all([letListen(plain), letListen(loopback)]);
	const { Gateway } = await placeOf(proxy.name, sandbox.network);
	await isServedAt(proxy, plain, `${Gateway}:${port}`, "listening");
	await problemWith(proxy, "not-listening", healthy);
	await isKeptOut(proxy, healthy, "not-listening");
	await letListen(healthy);
	await isServedAt(proxy, healthy, `${Gateway}:${healthyPort}`, "healthy");
	const deaf = await problemWith(proxy, "not-listening", loopback);
	expect(deaf.message).toContain(`at ${Gateway}:${loopbackPort}`);
	await isKeptOut(proxy, loopback, "not-listening");
	await remove(plain, healthy, loopback);
});

test("promise 11: a port at which HAProxy would ask itself is no app's", async () => {
	const start = (mode: string, name: string, port: number) =>
		sandbox.runIn(mode, name, ...joins, "--label", `ballast.port=${port}`, ...idler);
	const those = await Promise.all([
		start(`container:${proxy.name}`, "own-http", 80),
		start(`container:${proxy.name}`, "own-stats", 1936),
		start("host", "own-published", published),
	]);
	await Promise.all(those.map((one) => isKeptOut(proxy, one, "own-port")));
	await remove(...those);
});

test("network_mode none: a problem, and what its hint says helps", async () => {
	const lonely = await sandbox.runIn("none", "lonely", ...joins, images.webapp);
	await isKeptOut(proxy, lonely, "no-shared-network");
	const problem = await problemWith(proxy, "no-shared-network", lonely);
	expect(problem.message).toContain("it is in none (network mode none)");
	await followHint(problem);
	await isServedAt(proxy, lonely, `${(await placeOf(lonely, sandbox.network)).IPAddress}:3000`);
	await remove(lonely);
});

test("only in the default bridge: a problem whose hint helps; served there as soon as the proxy is there, too", async () => {
	const [one, two] = await Promise.all(
		["one", "two"].map(async (name) => sandbox.runIn("bridge", `bridged-${name}`, ...joins, images.webapp)),
	);
	if (one === undefined || two === undefined) throw new Error("two containers");
	await isKeptOut(proxy, one, "no-shared-network");
	const problem = await problemWith(proxy, "no-shared-network", one);
	expect(problem.message).toContain(`it is in bridge, the proxy in ${sandbox.network}`);
	await followHint(problem);
	await isServedAt(proxy, one, `${(await placeOf(one, sandbox.network)).IPAddress}:3000`);

	await isKeptOut(proxy, two, "no-shared-network");
	await docker("network", "connect", "bridge", proxy.name);
	await isServedAt(proxy, two, `${(await placeOf(two, "bridge")).IPAddress}:3000`);
	await docker("network", "disconnect", "bridge", proxy.name);
	await isKeptOut(proxy, two, "no-shared-network");
	await remove(one, two);
});
