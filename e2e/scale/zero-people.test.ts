import { expect, test } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { ballast, killController, problemWith, readAgain, startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { letListen, startServer, startWebapp } from "../harness/servers.ts";
import { decides, deedsOf, runs, scaling } from "./pool.ts";
import { asleepAndLate, sleepy, statusesOf } from "./zero.ts";

/* `ballast.scale=0-n`, and what people do to a container that sleeps, or may. */

test.concurrent("who is killed is brought back by the next request", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await startWebapp(sandbox, "app", ...sleepy("scale.idle=1h"));
	await decides(proxy, ({ observed }) => observed.ready === 1);

	await docker("kill", app);

	expect((await fetch(proxy.url)).status).toBe(200);
});

test.concurrent("what the last container had in hand when it was killed is answered by who comes next, and binds its client there", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await startWebapp(sandbox, "app", ...sleepy("scale.idle=1h", "sticky=cookie"));
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await fetch(`${proxy.url}/delay`, { method: "POST", body: JSON.stringify({ delay: 60_000 }) });
	const asked = Array.from({ length: 5 }, async () => await fetch(proxy.url));
	await decides(proxy, ({ demand }) => demand !== undefined && demand.inFlight > 4);

	await docker("kill", app);

	const answers = await Promise.all(asked);
	expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
	const cookies = answers.map(({ headers }) =>
		headers.getSetCookie().filter((one) => one.startsWith("ballast-nodes=")),
	);
	expect(cookies).toEqual(answers.map(() => [expect.stringMatching(/^ballast-nodes=[0-9a-f]+;/)]));
	// Itself, or one in its place.
	expect(await deedsOf(proxy)).toEqual([expect.stringMatching(`^scale-up ${app}(-scale-1)?$`)]);
});

test.concurrent("a request that ends whoever gets it does so twice, and is answered", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const ends = `require("node:http").createServer(() => process.exit(4)).listen(3000)`;
	const options = [...sleepy("scale.idle=1h"), "--expose", "3000"];
	const app = await startServer(sandbox, "app", ...options, images.base, "node", "--eval", ends);
	await decides(proxy, ({ observed }) => observed.ready === 1);

	const answer = await fetch(proxy.url);

	expect(answer.status).toBe(503);
	expect(answer.headers.get("retry-after")).toBe("5");
	expect(await deedsOf(proxy)).toEqual([`scale-up ${app}`]);
	await runs(sandbox);
});

test.concurrent("what waits is answered, though the container is restarted meanwhile", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await asleepAndLate(sandbox, proxy);
	const waiting = Array.from({ length: 5 }, async () => await fetch(proxy.url));
	await decides(proxy, ({ observed }) => observed.held === 5);
	await runs(sandbox, app);

	await docker("restart", app);
	await letListen(app);

	expect(await statusesOf(waiting)).toEqual([200, 200, 200, 200, 200]);
	await runs(sandbox);
});

test.concurrent("who is stopped is not woken, nobody waits for it for long, and that is so for the next controller, too", async () => {
	await using sandbox = await createSandbox("zero");
	const proxy = await startProxy(sandbox, scaling);
	const app = await asleepAndLate(sandbox, proxy, "scale.hold=3s");
	const first = fetch(proxy.url);
	await runs(sandbox, app);
	await docker("stop", app);
	expect((await first).status).toBe(503);

	await killController(proxy);
	await eventually(async () => expect((await ballast(proxy, "why", app)).stdout).toContain("is in no pool"));

	expect((await fetch(proxy.url)).status).toBe(503);
	await runs(sandbox);
	await docker("start", app);
	await letListen(app);
	await eventually(async () => expect((await fetch(proxy.url)).status).toBe(200));
});

test.concurrent("where an operator's template lets nobody wait, nobody is put to sleep, and that is told", async () => {
	await using sandbox = await createSandbox("zero");
	const volume = await sandbox.volume("templates");
	const own = ["-v", `${volume}:/etc/ballast/templates`] as const;
	const proxy = await startProxy(sandbox, [...scaling, ...own]);
	const file = "partials/routing.cfg.eta";
	const edit = `mkdir -p /etc/ballast/templates/partials && grep -v lua.hold /opt/ballast/templates/${file} > /etc/ballast/templates/${file}`;
	await docker("exec", "--user", "0", proxy.name, "sh", "-c", edit);
	// It may be about to be started.
	await eventually(async () => await readAgain(proxy));
	const app = await startWebapp(sandbox, "app", ...sleepy());

	const { message } = await problemWith(proxy, "template-outdated", file);
	await decides(proxy, ({ why }) => why.includes("HAProxy holds none while there is no server"));

	expect(message).toContain("no pool is put to sleep");
	await runs(sandbox, app);
});
