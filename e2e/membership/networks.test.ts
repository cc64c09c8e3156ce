import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { followHint } from "../harness/follow-hint.ts";
import { images } from "../harness/images.ts";
import { joinLabelOf, problemWith, type RunningProxy, startProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";
import { isKeptOut, isServedAt, placeOf } from "../harness/standing.ts";

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
	await isIn(apart, back.network);
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
	await isIn(either, front.network);
	await isIn(chosen, back.network);
});

test("a container taken out of the network that it is served in goes on in another shared one", async () => {
	const either = front.nameOf("either");
	await docker("network", "disconnect", front.network, either);
	await isIn(either, back.network);
});

test("ballast.network with a network that the two do not share is a problem, not a guess", async () => {
	const lost = await startWebapp(front, "lost", "--label", "ballast.network=nowhere");
	const problem = await problemWith(proxy, "no-such-network", lost);
	expect(problem.message).toContain(`asks for the network nowhere, but it is in ${front.network}`);
});

test("containers attached in any order are reached by the same network", async () => {
	const joins = ["--label", joinLabelOf(front)];
	const [frontFirst, backFirst] = await Promise.all([
		startWebapp(front, "front-first"),
		back.run("back-first", ...joins, images.webapp),
	]);
	await isIn(backFirst, back.network);
	await docker("network", "connect", back.network, frontFirst);
	await docker("network", "connect", front.network, backFirst);
	await isIn(frontFirst, front.network);
	await isIn(backFirst, front.network);
	await remove(frontFirst, backFirst);
});

test("a proxy that has left its last network serves no one, says how it gets back, and serves again when it is", async () => {
	const chosen = front.nameOf("chosen");
	await docker("network", "disconnect", front.network, proxy.name);
	await docker("network", "disconnect", back.network, proxy.name);
	await isKeptOut(proxy, front.nameOf("either"), "no-shared-network");
	await isKeptOut(proxy, chosen, "no-such-network");
	await followHint(await problemWith(proxy, "no-shared-network", front.nameOf("either")));
	await isIn(front.nameOf("either"), back.network);
	await isIn(chosen, back.network);
});

async function isIn(container: string, network: string): Promise<void> {
	await eventually(async () => {
		const { IPAddress } = await placeOf(container, network);
		await isServedAt(proxy, container, `${IPAddress}:3000`);
	});
}
