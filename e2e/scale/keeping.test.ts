import { expect, test } from "vitest";
import { receivedBy, startReceiver } from "../handlers/receiver.ts";
import { docker, inspect, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { freePort } from "../harness/free-port.ts";
import { historyOf } from "../harness/membership.ts";
import { ballast, killController, problemsOf, problemWith, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, startServer, startWebapp } from "../harness/servers.ts";
import { createApps } from "../load/apps.ts";
import { die, kill } from "../load/stage.ts";
import { allIn, decides, deedsOf, runs, scaling } from "./pool.ts";

/* How many of a container there are: `ballast.scale=2` alone, with no load at all. */

const two = ["--label", "ballast.scale=2"] as const;

/** A proxy that may scale, an original, and its one clone. */
async function startPair(sandbox: Sandbox, ...options: readonly string[]) {
	const proxy = await startProxy(sandbox, [...scaling, ...options]);
	const original = await startWebapp(sandbox, "app", ...two);
	const clone = `${original}-scale-1`;
	await runs(sandbox, original, clone);
	await decides(proxy, ({ observed }) => observed.ready === 2);
	return { proxy, original, clone };
}

async function idOf(container: string): Promise<unknown> {
	return await inspect(container, ".Id");
}

test.concurrent("a clone that is killed is replaced, and so is one that ends by itself; nothing of them is left", async () => {
	await using sandbox = await createSandbox("keeping");
	const [proxy, apps] = await Promise.all([startProxy(sandbox, scaling), createApps(sandbox)]);
	const shared = ["--label", "ballast.scale.volumes=share"];
	const original = await apps.start("app", "graceful", ...two, ...shared);
	const clone = `${original}-scale-1`;
	await runs(sandbox, original, clone);

	for (const end of [kill, die]) {
		await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
		const before = await idOf(clone);
		await end(clone);
		await eventually(async () => expect(await idOf(clone)).not.toBe(before));
	}

	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
	expect(await allIn(sandbox)).toEqual([original, clone]);
});

test.concurrent("an original that fails is replaced by a clone, and is there to be looked at", async () => {
	await using sandbox = await createSandbox("keeping");
	const { original, clone } = await startPair(sandbox);

	await docker("kill", original);

	await runs(sandbox, clone, `${original}-scale-2`);
	expect(await allIn(sandbox)).toEqual([original, clone, `${original}-scale-2`].toSorted());
});

test.concurrent("what a person drains or stops is neither replaced nor woken, and counts again once it is started", async () => {
	await using sandbox = await createSandbox("keeping");
	const { proxy, original, clone } = await startPair(sandbox);

	await ballast(proxy, "drain", clone);
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.aside === 1);
	await ballast(proxy, "ready", clone);
	await docker("stop", clone);
	await decides(proxy, ({ kind, policy, observed }) => {
		return kind === "hold" && policy.min === 1 && observed.ready === 1;
	});
	await runs(sandbox, original);
	expect(await deedsOf(proxy)).toEqual([`scale-up ${clone}`]);

	await docker("start", clone);
	await decides(proxy, ({ kind, policy }) => kind === "hold" && policy.min === 2);
	await runs(sandbox, original, clone);
});

test.concurrent("with the last original the clones go, drained, and leave nothing behind", async () => {
	await using sandbox = await createSandbox("keeping");
	const { original } = await startPair(sandbox);

	await docker("stop", original);

	await eventually(async () => expect(await allIn(sandbox)).toEqual([original]));
});

test.concurrent("a controller that is killed knows its clones again", async () => {
	await using sandbox = await createSandbox("keeping");
	const { proxy, original, clone } = await startPair(sandbox);
	const before = await idOf(clone);

	await killController(proxy);

	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
	await runs(sandbox, original, clone);
	expect(await idOf(clone)).toBe(before);
});

test.concurrent("a person's number comes before the labels', until it is taken back, and listeners are told", async () => {
	await using sandbox = await createSandbox("keeping");
	const receiver = await startReceiver(sandbox, "");
	const hook = `BALLAST_WEBHOOKS=http://${receiver}:8080`;
	const { proxy, original, clone } = await startPair(sandbox, "-e", hook);

	expect(await ballast(proxy, "scale", "nodes=3")).toMatchObject({ exitCode: 0 });
	await runs(sandbox, original, clone, `${original}-scale-2`);

	expect((await ballast(proxy, "scale", "nodes=resume")).stdout).toMatch(/^nodes /m);
	await runs(sandbox, original, clone);
	const told = async () => (await receivedBy(receiver)).map(({ body }) => JSON.parse(body));
	for (const event of ["scale-up", "scale-down"]) {
		const member = expect.objectContaining({ name: `${original}-scale-2`, pool: "nodes" });
		await eventually(async () => {
			expect(await told()).toContainEqual(expect.objectContaining({ event, member }));
		});
	}
	expect(await ballast(proxy, "scale", "nodes=none")).toMatchObject({
		exitCode: 2,
		stderr: expect.stringContaining("expected <pool>="),
	});
});

test.concurrent("a clone that never answers is removed and told of, and is not tried again at once", async () => {
	await using sandbox = await createSandbox("keeping");
	const receiver = await startReceiver(sandbox, "");
	const hook = ["-e", `BALLAST_WEBHOOKS=http://${receiver}:8080`];
	const proxy = await startProxy(sandbox, [...scaling, ...hook]);
	const labels = [...two, "--label", "ballast.scale.ready=3s"];
	const original = await startServer(sandbox, "app", ...labels, "--expose", "3000", ...lateListener(3000));
	await letListen(original);

	const { message } = await problemWith(proxy, "clone-not-ready", `${original}-scale-1`);

	expect(message).toContain("before it was ever ready");
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.failures.count === 1);
	await eventually(async () => expect(await allIn(sandbox)).toEqual([original]));
	expect((await historyOf(proxy, `${original}-scale-1`)).slice(0, 2)).toEqual([
		"scale-up: 1 of at least 2 are there",
		"scale-down: it took no requests within 3 s",
	]);
	const problem = expect.objectContaining({ code: "clone-not-ready", subject: `${original}-scale-1` });
	await eventually(async () => {
		const told = (await receivedBy(receiver)).map(({ body }) => JSON.parse(body));
		expect(told).toContainEqual(expect.objectContaining({ event: "problem", problem }));
	});
});

test.concurrent("a container that can't be cloned is told every reason before a clone is needed, and serves on", async () => {
	await using sandbox = await createSandbox("keeping");
	const proxy = await startProxy(sandbox, scaling);
	const volume = await sandbox.volume("written");
	const port = await freePort();
	const options = ["--publish", `127.0.0.1:${port}:9000`, "-v", `${volume}:/data`];
	const labels = ["--label", "ballast.scale=1-4", "--label", "ballast.port=3000"];
	const original = await startWebapp(sandbox, "app", ...labels, ...options);

	const { message, hint } = await problemWith(proxy, "not-cloned", original);

	expect(message).toContain(`port ${port} of the host`);
	expect(message).toContain(volume);
	expect(hint).toContain("ballast.scale.ports=drop");
	expect(hint).toContain("ballast.scale.volumes=share");
	expect((await fetch(proxy.url)).status).toBe(200);
});

test.concurrent("switched off, which is the default, nothing is made, and that is told", async () => {
	await using sandbox = await createSandbox("keeping");
	const proxy = await startProxy(sandbox);
	const original = await startWebapp(sandbox, "app", ...two);

	const { hint } = await problemWith(proxy, "scale-off", original);

	expect(hint).toContain("BALLAST_SCALE=on");
	expect((await ballast(proxy, "scale")).stdout).toContain("switched off");
	await runs(sandbox, original);
});

test.concurrent("labels that would flap are refused with the arithmetic, and the container serves", async () => {
	await using sandbox = await createSandbox("keeping");
	const proxy = await startProxy(sandbox, scaling);
	const labels = ["ballast.scale=1-4", "ballast.maxconn=10", "ballast.scale.target=20"];
	const original = await startWebapp(sandbox, "app", ...labels.flatMap((label) => ["--label", label]));

	const { message } = await problemWith(proxy, "scale-refused", original);

	expect(message).toContain("0.85 × 20 = 17");
	expect((await fetch(proxy.url)).status).toBe(200);
});

test.concurrent("a mode that only advises tells what it would do", async () => {
	await using sandbox = await createSandbox("keeping");
	const proxy = await startProxy(sandbox, scaling);
	const original = await startWebapp(sandbox, "app", ...two, "--label", "ballast.scale.mode=advise");

	await decides(proxy, ({ kind, advice }) => kind === "mend" && advice);

	expect((await ballast(proxy, "scale")).stdout).toContain("would mend 1");
	await runs(sandbox, original);
	expect(await problemsOf(proxy)).toEqual([]);
	expect(await tryDocker("inspect", `${original}-scale-1`)).toMatchObject({ exitCode: 1 });
});
