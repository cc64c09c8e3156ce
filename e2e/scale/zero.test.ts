import { createHash, randomBytes, randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { ballast, killController, problemWith, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { letListen, startServer, startWebapp } from "../harness/servers.ts";
import { createApps } from "../load/apps.ts";
import { openLongConnections } from "../load/long-connections.ts";
import { decides, deedsOf, runs, scaling } from "./pool.ts";
import { asleepAndLate, idleMs, reload, sleepy, statusesOf } from "./zero.ts";

/* `ballast.scale=0-n`: the last container stops when nobody asks for it, and the next request wakes it. */

test.concurrent("50 requests for a pool that sleeps wake it, and each is answered once, with its body", async () => {
	await using sandbox = await createSandbox("zero");
	const [proxy, apps] = await Promise.all([startProxy(sandbox, scaling), createApps(sandbox)]);
	const app = await apps.start("app", "graceful", ...sleepy());
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await runs(sandbox);
	const large = randomBytes(10_000_000);
	const ids = Array.from({ length: 50 }, () => randomUUID());

	const answers = await Promise.all(
		ids.map(async (id, index) => {
			const body = index === 0 ? large : id;
			const response = await fetch(`${proxy.url}/?id=${id}`, index % 5 === 4 ? {} : { method: "POST", body });
			return { status: response.status, hash: await response.text() };
		}),
	);

	const hashOf = (body: string | Buffer) => createHash("sha256").update(body).digest("hex");
	const expected = ids.map((id, index) => hashOf(index === 0 ? large : index % 5 === 4 ? "" : id));
	expect(answers).toEqual(expected.map((hash) => ({ status: 200, hash })));
	const counts = await apps.counts();
	expect(ids.map((id) => counts.get(id))).toEqual(ids.map(() => 1));
	expect((await deedsOf(proxy)).slice(0, 2)).toEqual([`scale-down ${app}`, `scale-up ${app}`]);

	await runs(sandbox);
	expect(await docker("inspect", "--format", "{{.State.Status}}", app)).toBe("exited");
});

test.concurrent("no more wait than may; the others are told at once to come back", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await asleepAndLate(sandbox, proxy, "scale.hold-max=5");

	const waiting = Array.from({ length: 5 }, async () => await fetch(proxy.url));
	await decides(proxy, ({ observed }) => observed.held === 5);
	const sixth = await fetch(proxy.url);

	expect(sixth.status).toBe(503);
	expect(sixth.headers.get("retry-after")).toBe("5");
	expect(await sixth.text()).toContain("as many requests wait for one as may");
	await runs(sandbox, app);
	await letListen(app);
	expect(await statusesOf(waiting)).toEqual([200, 200, 200, 200, 200]);
});

test.concurrent("the place of a client that leaves is free, at the latest when its time is over", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await asleepAndLate(sandbox, proxy, "scale.hold-max=1", "scale.hold=4s");

	const leaves = new AbortController();
	const first = fetch(proxy.url, { signal: leaves.signal }).catch(() => undefined);
	await decides(proxy, ({ observed }) => observed.held === 1);
	leaves.abort();
	await first;
	await decides(proxy, ({ observed }) => observed.held === 0);
	const second = fetch(proxy.url);
	await decides(proxy, ({ observed }) => observed.held === 1);

	await runs(sandbox, app);
	await letListen(app);
	expect((await second).status).toBe(200);
});

test.concurrent("what waits is answered, though a reload comes in between", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await asleepAndLate(sandbox, proxy);
	const body = "what is to arrive";
	const waiting = Array.from({ length: 20 }, async () => await fetch(proxy.url, { method: "POST", body }));
	await decides(proxy, ({ observed }) => observed.held === 20);

	await runs(sandbox, app);
	await reload(sandbox, proxy, "other");
	await letListen(app);

	expect(await statusesOf(waiting)).toEqual(waiting.map(() => 200));
});

test.concurrent("a WebSocket and a download wake it, and keep it awake, also where a reload has replaced their process", async () => {
	await using sandbox = await createSandbox("zero");
	const [proxy, apps] = await Promise.all([startProxy(sandbox, scaling), createApps(sandbox)]);
	const app = await apps.start("app", "graceful", ...sleepy());
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await runs(sandbox);

	const connections = await openLongConnections(proxy.url, 1);
	const { seenMs } = await decides(proxy, ({ demand }) => demand !== undefined && demand.inFlight > 1);
	await decides(proxy, (now) => now.seenMs > seenMs + 2 * idleMs);
	await runs(sandbox, app);
	await reload(sandbox, proxy, "other");
	await decides(proxy, ({ why }) => why.includes("2 are in flight in processes that were replaced"));

	expect(await connections.end()).toEqual([]);
	await runs(sandbox, sandbox.nameOf("other"));
});

test.concurrent("a wake that fails says why in the 503 and among the problems, and is tried again", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const volume = await sandbox.volume("state");
	const inVolume = async (command: string) =>
		await docker(
			"run",
			"--rm",
			"--network",
			"none",
			"-v",
			`${volume}:/state`,
			images.base,
			"sh",
			"-c",
			command,
		);
	const program = `test ! -e /state/broken || exit 3; exec node --eval '
		process.on("SIGTERM", () => process.exit());
		require("node:http").createServer((_, response) => response.end()).listen(3000);'`;
	const options = [...sleepy("scale.hold=5s"), "-v", `${volume}:/state`, "--expose", "3000"];
	const app = await startServer(sandbox, "app", ...options, images.base, "sh", "-c", program);
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await inVolume("touch /state/broken");
	await runs(sandbox);

	const failed = await fetch(proxy.url);

	expect(failed.status).toBe(503);
	expect(failed.headers.get("retry-after")).toBe("5");
	expect(await failed.text()).toContain(
		`${app}: it was started again, and died, exit code 3, before it was ready`,
	);
	expect(await problemWith(proxy, "not-woken", app)).toMatchObject({
		hint: expect.stringContaining(`docker logs ${app}`),
	});

	await inVolume("rm /state/broken");
	await eventually(async () => expect((await fetch(proxy.url)).status).toBe(200));
});

test.concurrent("a controller that is started anew knows who sleeps, and wakes it", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await startWebapp(sandbox, "app", ...sleepy());
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await runs(sandbox);

	await killController(proxy);

	expect((await fetch(proxy.url)).status).toBe(200);
	await runs(sandbox);
	expect((await ballast(proxy, "why", app)).stdout).toContain("asleep, until somebody asks for it");
});
