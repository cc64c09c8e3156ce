import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import {
	joinLabelOf,
	problemWith,
	type RunningProxy,
	serversOf,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";

let front: Sandbox;
/** A second network; its name sorts behind the first one's. */
let back: Sandbox;
let proxy: RunningProxy;

beforeAll(async () => {
	[front, back] = await Promise.all([createSandbox("networks-1"), createSandbox("networks-2")]);
	proxy = await startProxy(front);
	await agreeOn(proxy);
});
afterAll(async () => {
	await front[Symbol.asyncDispose]();
	await back[Symbol.asyncDispose]();
});

test("a container that shares no network with the proxy is a problem that names both sides' networks", async () => {
	const apart = await back.run("apart", "--label", joinLabelOf(front), images.webapp);
	const problem = await problemWith(proxy, "no-shared-network", apart);
	expect(problem.message).toContain(`it is in ${back.network}, the proxy in ${front.network}`);
	expect(problem.hint).toContain(`docker network connect ${front.network} ${apart}`);
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded", servers: 0 });
});

test("when the proxy joins that network while it runs, the container is served; when it leaves, not", async () => {
	const apart = back.nameOf("apart");
	await docker("network", "connect", back.network, proxy.name);
	await isServedAt(apart, back.network);
	await docker("network", "disconnect", back.network, proxy.name);
	await problemWith(proxy, "no-shared-network", apart);
	await agreeOn(proxy);
	await remove(apart);
});

test("of several shared networks the first by name is taken, or the one that ballast.network names", async () => {
	await docker("network", "connect", back.network, proxy.name);
	const [either, chosen] = await Promise.all([
		startWebapp(front, "either", "--network", back.network),
		startWebapp(front, "chosen", "--network", back.network, "--label", `ballast.network=${back.network}`),
	]);
	await isServedAt(either, front.network);
	await isServedAt(chosen, back.network);
});

test("a container taken out of the network that it is served in goes on in another shared one", async () => {
	const either = front.nameOf("either");
	await docker("network", "disconnect", front.network, either);
	await isServedAt(either, back.network);
});

test("ballast.network with a network that the two do not share is a problem, not a guess", async () => {
	const lost = await startWebapp(front, "lost", "--label", "ballast.network=nowhere");
	const problem = await problemWith(proxy, "no-such-network", lost);
	expect(problem.message).toContain(`asks for the network nowhere, but it is in ${front.network}`);
});

async function isServedAt(container: string, network: string): Promise<void> {
	await eventually(async () => {
		const networks = await inspect(container, ".NetworkSettings.Networks");
		const { IPAddress } = (networks as Record<string, { IPAddress: string }>)[network] ?? {};
		const row = (await serversOf(proxy)).find((one) => one.container === container);
		expect(row).toMatchObject({ address: `${IPAddress}:3000`, status: "UP" });
	}, 30_000);
}
