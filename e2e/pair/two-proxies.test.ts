import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { keptLines } from "../harness/membership.ts";
import { type RunningProxy, startProxy, statusOf } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { remove, startWebapp } from "../harness/servers.ts";
import { createVisitor } from "../harness/visitor.ts";

const sticky = ["--label", "ballast.sticky=cookie"];
const sameKey = ["-e", "BALLAST_COOKIE_KEY=the-same-for-both"];

let sandbox: Sandbox;
let one: RunningProxy;
let other: RunningProxy;
let webapps: readonly string[];

beforeAll(async () => {
	sandbox = await createSandbox("pair");
	[one, other, webapps] = await Promise.all([
		startProxy(sandbox, sameKey, "one"),
		startProxy(sandbox, sameKey, "other"),
		Promise.all(["a", "b", "c"].map((name) => startWebapp(sandbox, name, ...sticky))),
	]);
	await Promise.all([agreeOn(one, ...webapps), agreeOn(other, ...webapps)]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("promise 10: two proxies that were given the same key write the same bytes", async () => {
	await eventually(async () => {
		const [first, second] = await Promise.all([one, other].map(generationOf));
		expect(first).toContain("dynamic-cookie-key the-same-for-both");
		expect(second).toBe(first);
	});
});

test("a visitor pinned by one is sent to the same server by the other, with the same cookie", async () => {
	for (const webapp of webapps) {
		const visitor = createVisitor();
		const { host } = await visitor.visit(one.url);
		const cookies = visitor.cookies();
		for (let visits = 2; visits <= 4; visits += 1)
			expect(await visitor.visit(other.url)).toEqual({ status: 200, host, sessionViews: visits });
		expect(visitor.cookies(), `the cookies of a visitor of ${webapp}`).toEqual(cookies);
	}
	expect(await pinnedBy(other)).toEqual(await pinnedBy(one));
});

test("both follow each join and leave, and neither takes the other for a server", async () => {
	const guest = await startWebapp(sandbox, "guest", ...sticky);
	await Promise.all([agreeOn(one, ...webapps, guest), agreeOn(other, ...webapps, guest)]);
	await remove(guest);
	await Promise.all([agreeOn(one, ...webapps), agreeOn(other, ...webapps)]);
	for (const proxy of [one, other]) {
		await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ state: "ok", problems: [] }));
		const own = (await keptLines(proxy)).filter(({ role }) => role === "balancer");
		expect(own.map(({ name }) => name)).toEqual([proxy.name]);
	}
});

test("with either one killed the other is right, and so is the one that comes back", async () => {
	one = await outlives(other, one);
	other = await outlives(one, other);
});

/** One proxy goes without a word, and the one that stays follows who joins. Gives the one that went, started again. */
async function outlives(survivor: RunningProxy, victim: RunningProxy): Promise<RunningProxy> {
	const visitor = createVisitor();
	const { host } = await visitor.visit(victim.url);
	await docker("kill", victim.name);
	expect(await visitor.visit(survivor.url)).toEqual({ status: 200, host, sessionViews: 2 });
	const guest = await startWebapp(sandbox, "meanwhile", ...sticky);
	await agreeOn(survivor, ...webapps, guest);
	expect(await visitor.visit(survivor.url)).toEqual({ status: 200, host, sessionViews: 3 });
	await docker("start", victim.name);
	// Its ports on this machine are others now.
	const [url, statsUrl] = await Promise.all([urlOf(victim.name, 80), urlOf(victim.name, 1936)]);
	const back = { ...victim, url, statsUrl };
	await agreeOn(back, ...webapps, guest);
	expect(await visitor.visit(back.url)).toEqual({ status: 200, host, sessionViews: 4 });
	await remove(guest);
	await Promise.all([agreeOn(survivor, ...webapps), agreeOn(back, ...webapps)]);
	await eventually(async () => expect(await generationOf(back)).toBe(await generationOf(survivor)));
	return back;
}

/** All that HAProxy reads, file by file. */
async function generationOf({ name }: Pick<RunningProxy, "name">): Promise<string> {
	const all = "cd /var/lib/ballast/generation/current && find . -type f | sort | xargs tail -n +1 -v";
	return docker("exec", name, "sh", "-c", all);
}

/** Which cookie stands for which host: a new visitor each time, until all servers have answered. */
async function pinnedBy({ url }: RunningProxy): Promise<ReadonlyMap<string, string>> {
	const cookieByHost = new Map<string, string>();
	for (let visits = 0; visits < 2 * webapps.length; visits += 1) {
		const visitor = createVisitor();
		const { host } = await visitor.visit(url);
		const own = visitor.cookies().filter((cookie) => !cookie.startsWith("NODESESSID="));
		cookieByHost.set(host, own.join());
	}
	expect(cookieByHost.size).toBe(webapps.length);
	return new Map([...cookieByHost].sort());
}
