import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { type Answer, createVisitor, type Visitor } from "../harness/visitor.ts";

describe("with ballast.sticky=cookie", () => {
	const visitors = Array.from({ length: 6 }, () => createVisitor());
	let sandbox: Sandbox;
	let proxy: RunningProxy;
	let servers: readonly string[];

	beforeAll(async () => {
		sandbox = await createSandbox("cookie");
		[proxy, ...servers] = await Promise.all([
			startProxy(sandbox),
			...["s1", "s2"].map((name) => startSticky(sandbox, name, "cookie")),
		]);
		await agreeOn(proxy, ...servers);
	});
	afterAll(async () => sandbox[Symbol.asyncDispose]());

	/** Each visitor once more: nobody is on another server than before, each session goes on. */
	async function allStay(url: string): Promise<void> {
		for (const visitor of visitors) {
			const before = last.get(visitor);
			const now = await visitor.visit(url);
			expect(now).toEqual({
				status: 200,
				host: before?.host ?? now.host,
				sessionViews: (before?.sessionViews ?? 0) + 1,
			});
			last.set(visitor, now);
		}
	}
	const last = new Map<Visitor, Answer>();

	test("a client stays with its server while others join", async () => {
		await allStay(proxy.url);
		expect(new Set([...last.values()].map(({ host }) => host)).size).toBe(2);
		await allStay(proxy.url);
		servers = [...servers, await startSticky(sandbox, "s3", "cookie")];
		await agreeOn(proxy, ...servers);
		for (let times = 0; times < 5; times += 1) await allStay(proxy.url);
	});

	test("a restarted proxy finds its key, and each client its server", async () => {
		proxy = await restarted(proxy);
		await agreeOn(proxy, ...servers);
		await allStay(proxy.url);
	});

	test("when its server stops, the next answer is a 200 elsewhere and stays there", async () => {
		const [stopping = "", ...staying] = servers;
		const host = await inspect(stopping, ".Config.Hostname");
		const bound = visitors.filter((visitor) => last.get(visitor)?.host === host);
		expect(bound.length).toBeGreaterThan(0);
		const stopped = docker("stop", "--time", "5", stopping);
		await agreeOn(proxy, ...staying);
		for (const visitor of bound) {
			const now = await visitor.visit(proxy.url);
			expect(now).toMatchObject({ status: 200, sessionViews: 1 });
			expect(now.host).not.toBe(host);
			last.set(visitor, now);
		}
		await stopped;
		for (let times = 0; times < 3; times += 1) await allStay(proxy.url);
	});

	test("the cookie is named after the pool, and kept from scripts and from requests of other sites", async () => {
		const response = await fetch(proxy.url);
		const [cookie] = response.headers.getSetCookie().filter((one) => one.startsWith("ballast-"));
		expect(cookie).toMatch(/^ballast-nodes=[0-9a-f]{16}; path=\/; HttpOnly; SameSite=Lax$/);
	});
});

describe("with ballast.sticky=source", () => {
	/** Addresses that documentation uses; they are told by X-Forwarded-For, as a trusted proxy would. */
	const clients = Array.from({ length: 60 }, (_, index) => `203.0.113.${index}`);
	const trusted = ["-e", "BALLAST_TRUSTED_PROXIES=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"];
	let sandbox: Sandbox;
	let proxy: RunningProxy;
	let servers: readonly string[];

	beforeAll(async () => {
		sandbox = await createSandbox("source");
		[proxy, ...servers] = await Promise.all([
			startProxy(sandbox, trusted),
			...["s1", "s2"].map((name) => startSticky(sandbox, name, "source")),
		]);
		await agreeOnAll(...servers);
	});
	afterAll(async () => sandbox[Symbol.asyncDispose]());

	const hostFor = async (forwarded: string) =>
		(await createVisitor({ "x-forwarded-for": forwarded }).visit(proxy.url)).host;
	const hosts = async () => Promise.all(clients.map(hostFor));

	/** All clients together reach exactly these servers; agreement by answers to one client alone would never come. */
	async function agreeOnAll(...containers: readonly string[]): Promise<void> {
		const names = await Promise.all(containers.map(async (one) => inspect(one, ".Config.Hostname")));
		await eventually(async () => expect([...new Set(await hosts())].sort()).toEqual(names.sort()));
	}

	test("a client's address picks its server, whatever else it says of itself; most stay when one joins, and all when the proxy is restarted", async () => {
		const before = await hosts();
		expect(await hosts()).toEqual(before);
		const [first = ""] = clients;
		for (const chain of [
			`198.51.100.7, ${first}`,
			`198.51.100.7, ${first}, 10.1.1.1`,
			`${first}, 10.1.1.1, 10.1.1.2`,
		])
			expect(await hostFor(chain)).toBe(before[0]);

		const s3 = await startSticky(sandbox, "s3", "source");
		await agreeOnAll(...servers, s3);
		const after = await hosts();
		const moved = after.filter((host, index) => host !== before[index]);
		const newHost = await inspect(s3, ".Config.Hostname");
		expect(moved.filter((host) => host !== newHost)).toEqual([]);
		expect(moved.length).toBeGreaterThan(0);
		// A third of them, more or less.
		expect(moved.length).toBeLessThan(clients.length * 0.7);

		const stopped = docker("stop", "--time", "5", s3);
		await agreeOnAll(...servers);
		expect(await hosts()).toEqual(before);
		await stopped;

		proxy = await restarted(proxy);
		await agreeOnAll(...servers);
		expect(await hosts()).toEqual(before);
	});
});

/** Docker publishes it at other ports then. */
async function restarted(proxy: RunningProxy): Promise<RunningProxy> {
	await docker("restart", proxy.name);
	const [url, statsUrl] = await Promise.all([urlOf(proxy.name, 80), urlOf(proxy.name, 1936)]);
	return { ...proxy, url, statsUrl };
}

async function startSticky(sandbox: Sandbox, name: string, sticky: string): Promise<string> {
	return startWebapp(sandbox, name, "--label", `ballast.sticky=${sticky}`);
}
