import { expect, test } from "vitest";
import { createEngineRelay } from "../faults/engine-relay.ts";
import { docker, inspect, logsOf, sh, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import {
	killController,
	problemsOf,
	type RunningProxy,
	startProxy,
	startProxyElsewhere,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { allIn, decides, runs, scaling } from "./pool.ts";

/* What scaling knows when the controller is started anew, or Docker's events were cut. */

/** Docker keeps its latest 256 events, and each health check is three of them. */
const options = ["--label", "ballast.scale=2", "-v", "/scratch", "--no-healthcheck"] as const;

/** An original, and its one clone. */
async function startPair(sandbox: Sandbox, proxy: RunningProxy, ...more: readonly string[]) {
	const original = await startWebapp(sandbox, "app", ...options, ...more);
	const clone = `${original}-scale-1`;
	await runs(sandbox, original, clone);
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
	return { original, clone };
}

/** Killed in the middle of everything, and started anew only when that is done. */
async function withoutController({ name }: RunningProxy, act: () => Promise<unknown>): Promise<void> {
	const service = "/run/service/controller";
	await docker("exec", name, "s6-svc", "-wD", "-T", "60000", "-O", "-k", service);
	await act();
	await docker("exec", name, "s6-svc", "-wu", "-T", "60000", "-u", service);
}

/** The minimum is lowered for what a person has stopped, and nobody has taken its place. */
async function oneIsEnough(proxy: RunningProxy): Promise<void> {
	await decides(proxy, ({ kind, policy, observed }) => {
		return kind === "hold" && policy.min === 1 && observed.ready === 1 && observed.starting === 0;
	});
}

test.concurrent("an original that is down has clones on, and new ones, whichever controller made the first", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original, clone } = await startPair(sandbox, proxy, "-e", "PASSWORD=hunter2");
	await docker("kill", original);
	const other = `${original}-scale-2`;
	await runs(sandbox, clone, other);
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);

	await killController(proxy);
	await decides(proxy, ({ kind, observed }) => kind === "hold" && observed.ready === 2);
	const before = await inspect(clone, ".Id");
	await docker("kill", clone);

	await eventually(async () => expect(await inspect(clone, ".Id")).not.toBe(before));
	await runs(sandbox, clone, other);
	expect(await inspect(clone, ".Config.Env")).toContain("PASSWORD=hunter2");
	expect(await allIn(sandbox)).toEqual([original, clone, other].toSorted());
	const file = "/var/lib/ballast/state/scale-memory.json";
	expect(await sh(proxy.name, `stat -c '%a %u' ${file}; grep -c hunter2 ${file}`, "10002")).toBe(
		"600 10002\n1",
	);
	expect(await logsOf(proxy.name)).not.toContain("hunter2");
	expect(JSON.stringify(await problemsOf(proxy))).not.toContain("hunter2");

	await docker("rm", original);
	await eventually(async () => expect(await allIn(sandbox)).toEqual([]));
	expect(await sh(proxy.name, `grep -c hunter2 ${file} || true`, "10002")).toBe("0");
});

test.concurrent("what a person has stopped is neither replaced nor removed by the next controller", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original, clone } = await startPair(sandbox, proxy);
	await docker("stop", clone);
	await oneIsEnough(proxy);

	await killController(proxy);

	await oneIsEnough(proxy);
	expect(await allIn(sandbox)).toEqual([original, clone]);
});

test.concurrent("nor what a person stops while there is no controller", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original, clone } = await startPair(sandbox, proxy);

	await withoutController(proxy, async () => docker("stop", clone));

	await oneIsEnough(proxy);
	expect(await allIn(sandbox)).toEqual([original, clone]);
	await docker("start", clone);
	await decides(proxy, ({ kind, policy }) => kind === "hold" && policy.min === 2);
});

test.concurrent("nor what a person stops then, and Docker has forgotten by the time that it is asked", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original, clone } = await startPair(sandbox, proxy);
	const noise = ["--health-cmd", "true", "--health-interval", "10ms", images.base, "sleep", "600"];
	const told = async () => {
		const now = `${Math.floor(Date.now() / 1_000)}`;
		return await docker("events", "--since", "1", "--until", now, "--filter", `container=${clone}`);
	};

	await withoutController(proxy, async () => {
		await docker("stop", clone);
		const loud = await sandbox.run("noise", ...noise);
		await eventually(async () => expect(await told()).toBe(""));
		await docker("rm", "--force", loud);
	});

	await oneIsEnough(proxy);
	expect(await allIn(sandbox)).toEqual([original, clone]);
});

test.concurrent("nor what a person stops while Docker's events are cut", async () => {
	await using sandbox = await createSandbox("restarts");
	const relay = await createEngineRelay(sandbox);
	await relay.open();
	const proxy = await startProxyElsewhere(sandbox, [...relay.options, ...scaling], "proxy");
	const { original, clone } = await startPair(sandbox, proxy);

	await relay.close();
	await docker("stop", clone);
	await relay.open();

	await oneIsEnough(proxy);
	expect(await allIn(sandbox)).toEqual([original, clone]);
});

test.concurrent("with the last original stopped while there is no controller, the clones go", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original } = await startPair(sandbox, proxy);

	await withoutController(proxy, async () => docker("stop", original));

	await eventually(async () => expect(await allIn(sandbox)).toEqual([original]));
});

test.concurrent("a clone that fails while there is no controller is removed with its volumes, and replaced", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original, clone } = await startPair(sandbox, proxy);
	const [before, volume] = [await inspect(clone, ".Id"), await inspect(clone, "(index .Mounts 0).Name")];

	await withoutController(proxy, async () => docker("kill", clone));

	await eventually(async () => expect(await inspect(clone, ".Id")).not.toBe(before));
	await runs(sandbox, original, clone);
	expect(await allIn(sandbox)).toEqual([original, clone]);
	expect(await tryDocker("volume", "inspect", `${volume}`)).toMatchObject({ exitCode: 1 });
});

test.concurrent("a clone that has ended and that nobody remembers is looked for, and removed", async () => {
	await using sandbox = await createSandbox("restarts");
	const proxy = await startProxy(sandbox, scaling);
	const { original, clone } = await startPair(sandbox, proxy);
	const labels: Readonly<Record<string, string>> = JSON.parse(
		await docker("inspect", "--format", "{{json .Config.Labels}}", clone),
	);
	const written = Object.entries({ ...labels, "ballast.scale.ordinal": "7" });
	const label = written.flatMap(([key, value]) => ["--label", `${key}=${value}`]);
	const lost = `${original}-scale-7`;

	await withoutController(proxy, async () => {
		await sandbox.run("app-scale-7", ...label, images.base, "false");
		await docker("wait", lost);
	});

	await eventually(async () => expect(await allIn(sandbox)).toEqual([original, clone]));
});
