import { afterAll, beforeAll, expect, test } from "vitest";
import { docker, inspect, logsOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { flavours, mountEngineSocket } from "../harness/flavours.ts";
import { freePort } from "../harness/free-port.ts";
import { images } from "../harness/images.ts";
import { joinLabelOf, type RunningProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, remove, startWebapp } from "../harness/servers.ts";
import { isKeptOut, isServedAt, placeOf } from "../harness/standing.ts";

let sandbox: Sandbox;
let other: Sandbox;
/** In the sandbox's network, and in the default bridge. */
let [app, bridged]: readonly [string, string] = ["", ""];

beforeAll(async () => {
	[sandbox, other] = await Promise.all([createSandbox("host-proxy"), createSandbox("host-proxy-b")]);
	[app, bridged] = await Promise.all([
		startWebapp(sandbox, "app"),
		sandbox.runIn("bridge", "bridged", "--label", joinLabelOf(sandbox), images.webapp),
	]);
});
afterAll(async () => {
	await sandbox[Symbol.asyncDispose]();
	await other[Symbol.asyncDispose]();
});

type Ports = { readonly http: number; readonly stats: number };

/** This machine's ports may be anybody's: only free, high ones are used. */
async function freePorts(): Promise<Ports> {
	return { http: await freePort(), stats: await freePort() };
}

const settings = ({ http, stats }: Ports) => [
	...["-e", `BALLAST_HTTP_PORT=${http}`, "-e", `BALLAST_STATS_PORT=${stats}`],
	...["-e", `BALLAST_JOIN_LABEL=${joinLabelOf(sandbox)}`, ...mountEngineSocket],
];

function running(name: string, { http, stats }: Ports): RunningProxy {
	const url = (port: number) => `http://127.0.0.1:${port}`;
	return { name, network: sandbox.network, url: url(http), statsUrl: url(stats) };
}

/** Two bridge networks, the host's own, and a bridge network in which one is connected while it runs. */
async function servesWhatTheHostReaches(proxy: RunningProxy): Promise<void> {
	await isServedAt(proxy, app, `${(await placeOf(app, sandbox.network)).IPAddress}:3000`);
	await isServedAt(proxy, bridged, `${(await placeOf(bridged, "bridge")).IPAddress}:3000`);
	const port = await freePort();
	const joins = ["--label", joinLabelOf(sandbox), "--label", `ballast.port=${port}`];
	const local = await sandbox.runIn("host", "local", ...joins, ...lateListener(port, "127.0.0.1"));
	await isKeptOut(proxy, local, "not-listening");
	await letListen(local);
	await isServedAt(proxy, local, `127.0.0.1:${port}`, "listening");
	await eventually(async () => {
		const answers = await Promise.all(Array.from({ length: 6 }, async () => fetch(proxy.url)));
		expect(new Set(answers.map(({ headers }) => headers.get("x-backend-ip")))).toHaveLength(3);
	});

	await docker("network", "connect", other.network, bridged);
	await docker("network", "disconnect", "bridge", bridged);
	await isServedAt(proxy, bridged, `${(await placeOf(bridged, other.network)).IPAddress}:3000`);
	await docker("network", "connect", "bridge", bridged);
	await docker("network", "disconnect", other.network, bridged);
	await remove(local);
}

test("a proxy in the host's own network serves every bridge network of the host, and the host's", async () => {
	const ports = await freePorts();
	const proxy = await sandbox.runIn("host", "proxy", ...flavours.hardened, ...settings(ports), images.proxy);
	await servesWhatTheHostReaches(running(proxy, ports));
	await remove(proxy);
});

test("a proxy outside of any container does the same", async () => {
	const ports = await freePorts();
	// Nothing but the image is at hand that holds HAProxy, Node and the controller. So it runs in a container that has nothing
	// left of one: in the host's network, without the mounts by which a container is told from its host.
	const outside = "umount /etc/hostname /etc/hosts /etc/resolv.conf && exec start";
	const options = ["--privileged", "--entrypoint", "sh", ...settings(ports)];
	const proxy = await sandbox.runIn("host", "outside", ...options, images.proxy, "-c", outside);
	await servesWhatTheHostReaches(running(proxy, ports));
	const log = await logsOf(proxy);
	expect(log).toContain('"role":"balancer","name":"ballast","id":""');
	expect(log).toContain("started outside a container");
	await remove(proxy);
});

test("a port below the host's threshold is refused, naming the sysctl, its value and the ways out", async () => {
	const low = await startRefused("low", { http: 81, stats: await freePort() });
	expect(low).toMatch(
		/BALLAST_HTTP_PORT is 81, expected \d+ or more: .*net\.ipv4\.ip_unprivileged_port_start is \d+ here/,
	);
	expect(low).toContain("sysctl net.ipv4.ip_unprivileged_port_start=81");
	expect(low).toContain("publish the port (-p 81:81)");
});

test("a port that somebody has is refused, too, with how to find out who", async () => {
	const { http, stats } = await freePorts();
	const holder = await sandbox.runIn("host", "holder", ...lateListener(http));
	await letListen(holder);
	await eventually(async () => fetch(`http://127.0.0.1:${http}`));
	const taken = await startRefused("taken", { http, stats });
	expect(taken).toContain(`BALLAST_HTTP_PORT is ${http}, and another process here listens at that port`);
	expect(taken).toContain(`ss -ltnp 'sport = :${http}'`);
	await remove(holder);
});

/** What it prints, once it has given up. */
async function startRefused(name: string, ports: Ports): Promise<string> {
	const proxy = await sandbox.runIn("host", name, ...flavours.hardened, ...settings(ports), images.proxy);
	await eventually(async () => expect(await inspect(proxy, ".State.Status")).toBe("exited"));
	expect(await inspect(proxy, ".State.ExitCode")).toBe(1);
	return await logsOf(proxy);
}
