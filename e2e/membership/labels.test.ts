import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServerRow } from "../../src/admin/api.ts";
import { agreeOn } from "../harness/agreement.ts";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import {
	ballast,
	hasNoProblems,
	joinLabelOf,
	problemCodesOf,
	problemWith,
	type RunningProxy,
	serversOf,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, remove, startServer, startWebapp } from "../harness/servers.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let plain: string;

beforeAll(async () => {
	sandbox = await createSandbox("labels");
	[proxy, plain] = await Promise.all([startProxy(sandbox), startWebapp(sandbox, "plain")]);
	await agreeOn(proxy, plain);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

const label = (key: string, value: string) => ["--label", `ballast.${key}=${value}`] as const;

test("a bad label takes out its own container and no other, and says why and what to do", async () => {
	const bad = await startWebapp(sandbox, "bad", ...label("port", "banana"));
	const problem = await problemWith(proxy, "bad-label", bad);
	expect(problem.severity).toBe("problem");
	expect(problem.message).toContain(`label ballast.port is "banana", expected a port from 1 to 65535`);
	expect(problem.hint).toContain("ballast.port=8080");
	await agreeOn(proxy, plain);

	const text = (await ballast(proxy, "problems")).stdout;
	for (const part of [bad, problem.message, problem.hint]) expect(text).toContain(part);
	expect(await statusOf(proxy)).toMatchObject({ state: "degraded", servers: 1 });
	expect((await ballast(proxy, "status")).exitCode).toBe(1);
	expect(await ballast(proxy, "health")).toMatchObject({ exitCode: 0 });

	await remove(bad);
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ state: "ok", problems: [] }));
	expect((await ballast(proxy, "status")).exitCode).toBe(0);
});

test("a bad value of a pool's or a server's policy takes out its own container and no other", async () => {
	const wrong = [label("sticky", "glue"), label("check", "healthz"), label("maxconn", "0")];
	const bad = await Promise.all(wrong.map((one, index) => startWebapp(sandbox, `bad-${index}`, ...one)));
	for (const container of bad)
		expect((await problemWith(proxy, "bad-label", container)).message).toContain("is not served");
	await agreeOn(proxy, plain);
	await remove(...bad);
});

test("where members disagree about their pool the oldest decides until it is gone, and the other is a problem", async () => {
	const pool = label("pool", "shared");
	const oldest = await startWebapp(sandbox, "oldest", ...pool, ...label("sticky", "source"));
	const newer = await startWebapp(sandbox, "newer", ...pool, ...label("sticky", "cookie"));
	const { message, hint } = await problemWith(proxy, "pool-disagreement", newer);
	expect(message).toContain(
		`ballast.sticky is cookie, but source holds for the pool shared: its oldest container, ${oldest}`,
	);
	expect(hint).toContain(`once ${oldest} is gone`);
	expect(await rowOf(newer)).toMatchObject({ pool: "shared", status: expect.stringMatching(/^UP/) });
	expect(await configOf("shared")).toContain("balance hash");

	await remove(oldest);
	await eventually(async () => expect(await configOf("shared")).toContain("cookie ballast-shared"));
	// The file is there before the process that has loaded it.
	const reason = { kind: "pool-changed", subject: "shared" };
	await eventually(async () => expect((await statusOf(proxy)).lastReload?.reasons).toContainEqual(reason));
	await eventually(async () => expect(await problemCodesOf(proxy, newer)).toEqual([]));
	await remove(newer);
});

test("an unknown label is a problem with the nearest known one, and its container is served", async () => {
	const typo = await startWebapp(sandbox, "typo", ...label("wieght", "50"));
	expect((await problemWith(proxy, "unknown-label", typo)).hint).toMatch(/^did you mean ballast.weight\?/);
	await agreeOn(proxy, plain, typo);
	await remove(typo);
});

test("ballast.enable=false, a one-off of Compose, and one without our join label never join, which is no problem", async () => {
	const [out, oneOff, stranger, last] = await Promise.all([
		startWebapp(sandbox, "out", ...label("enable", "false")),
		startWebapp(sandbox, "one-off", "--label", "com.docker.compose.oneoff=True"),
		sandbox.run("stranger", ...label("port", "banana"), images.webapp),
		startWebapp(sandbox, "last", ...label("enable", "TRUE")),
	]);
	await agreeOn(proxy, plain, last);
	await hasNoProblems(proxy);
	await remove(out, oneOff, stranger, last);
});

test("the port is the label's, else the only exposed one, else a problem", async () => {
	const [labelled, exposed, several] = await Promise.all([
		startServer(sandbox, "labelled", ...label("port", "4001"), "--expose", "4002", ...lateListener(4001)),
		startServer(sandbox, "exposed", "--expose", "4002", "--expose", "4002/udp", ...lateListener(4002)),
		startServer(sandbox, "several", "--expose", "4003", "--expose", "4004", ...lateListener(4003)),
	]);
	await Promise.all([labelled, exposed, several].map(letListen));
	expect((await rowOf(labelled)).address).toMatch(/:4001$/);
	expect((await rowOf(exposed)).address).toMatch(/:4002$/);
	const problem = await problemWith(proxy, "unknown-port", several);
	expect(problem.message).toContain("4003, 4004");
	expect(problem.hint).toMatch(/label ballast.port.*BALLAST_PORT/);
	await remove(labelled, exposed, several);
});

test("ballast.weight is the server's share; 0 takes no new clients", async () => {
	const [half, none] = await Promise.all([
		startWebapp(sandbox, "half", ...label("weight", "50")),
		startWebapp(sandbox, "none", ...label("weight", "0")),
	]);
	expect(await rowOf(half)).toMatchObject({ weight: 50 });
	expect(await rowOf(none)).toMatchObject({ weight: 0 });
	const sums: Record<string, number> = {};
	for (let sent = 0; sent < 30; sent += 1) {
		const response = await fetch(proxy.url, { headers: { connection: "close" } });
		const { host } = (await response.json()) as { host: string };
		sums[host] = (sums[host] ?? 0) + 1;
	}
	const answered = async (container: string) =>
		sums[await docker("inspect", "-f", "{{.Config.Hostname}}", container)];
	const [, its = 0, nothing] = await Promise.all([plain, half, none].map(answered));
	// A third of them, more or less: nobody says whose turn is first.
	expect(its).toBeGreaterThanOrEqual(8);
	expect(its).toBeLessThanOrEqual(12);
	expect(nothing).toBeUndefined();
	await remove(half, none);
});

test("ballast.pool puts a container into another pool, which is a problem while no route leads there", async () => {
	const other = await startWebapp(sandbox, "other", ...label("pool", "api"));
	expect(await rowOf(other)).toMatchObject({ pool: "api", status: expect.stringMatching(/^UP/) });
	expect((await problemWith(proxy, "unreached-pool", "api")).message).toContain("no route leads to");
	await remove(other);
	await agreeOn(proxy, plain);
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject({ state: "ok", pools: 1 }));
});

test("labels from the image count, the join label too", async () => {
	const image = sandbox.nameOf("image");
	const dockerfile = `FROM ${images.webapp}\nLABEL ${joinLabelOf(sandbox)} ballast.weight=7\n`;
	await execa("docker", ["build", "--quiet", "--tag", image, "-"], { input: dockerfile });
	try {
		const derived = await sandbox.run("derived", image);
		expect(await rowOf(derived)).toMatchObject({ pool: "nodes", weight: 7 });
		await remove(derived);
	} finally {
		await docker("image", "rm", image);
	}
});

/** A pool's section of the configuration in force. */
async function configOf(pool: string): Promise<string> {
	const config = await docker("exec", proxy.name, "cat", "/usr/local/etc/haproxy/haproxy.cfg");
	return config.split(/^backend /m).find((section) => section.startsWith(`${pool}\n`)) ?? "";
}

async function rowOf(container: string): Promise<ServerRow> {
	return eventually(async () => {
		const row = (await serversOf(proxy)).find((one) => one.container === container);
		if (row !== undefined && row.status !== "unknown") return row;
		throw new Error(`${container} is no server that HAProxy knows: ${JSON.stringify(row)}`);
	});
}
