import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { eventually } from "../harness/eventually.ts";
import { lastLine } from "../harness/membership.ts";
import {
	ballast,
	problemsOf,
	problemWith,
	type RunningProxy,
	startProxy,
	statusOf,
} from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, remove, startServer, startWebapp } from "../harness/servers.ts";
import { isKeptOut } from "../harness/standing.ts";

let sandbox: Sandbox;
let proxy: RunningProxy;
let webapp: string;
let late: string;

beforeAll(async () => {
	sandbox = await createSandbox("readiness");
	[proxy, webapp] = await Promise.all([
		startProxy(sandbox, ["-e", "BALLAST_PORT=3000"]),
		startWebapp(sandbox, "webapp"),
	]);
	await agreeOn(proxy, webapp);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test("a container without a HEALTHCHECK joins when it listens, and gets no request before", async () => {
	late = await startServer(sandbox, "late", ...lateListener(3000));
	// In one look: after 10 s it is more than a notice.
	const problems = [expect.objectContaining({ code: "not-listening", severity: "notice", subject: late })];
	const noticed = { state: "ok", servers: 1, problems };
	await eventually(async () => expect(await statusOf(proxy)).toMatchObject(noticed));
	await agreeOn(proxy, webapp);
	await letListen(late);
	await agreeOn(proxy, webapp, late);
	expect(await lastLine(proxy, late, "join")).toMatchObject({ why: "listening" });
});

test("a container whose HEALTHCHECK has not passed yet is a notice", async () => {
	const slow = await startWebapp(sandbox, "slow", "--health-cmd", "test -e /tmp/well");
	const notice = await problemWith(proxy, "health-starting", slow);
	expect(notice.severity).toBe("notice");
	await agreeOn(proxy, webapp, late);
	await remove(slow);
});

test("what never listens, or on loopback alone, at another port, or behind silence, is a problem that says why and what to do", async () => {
	const [deaf, loopback, elsewhere, silent] = await Promise.all([
		startServer(sandbox, "deaf", ...lateListener(3000)),
		startServer(sandbox, "loopback", ...lateListener(3000, "127.0.0.1")),
		startServer(sandbox, "elsewhere", "--expose", "3001", ...lateListener(3002)),
		startServer(sandbox, "silent", ...answersNoNeighbour, ...lateListener(3000)),
	]);
	await Promise.all([loopback, elsewhere, silent].map(letListen));
	const refused = /^refused: .* nothing listens at that port; let the app listen .*/.source;
	await isTold(deaf, `${refused}which BALLAST_PORT names for all that don't say`);
	await isTold(loopback, `${refused}not on loopback alone`);
	await isTold(
		elsewhere,
		`${refused}which is the only one that its image exposes; if it listens at another, name that by the label ballast.port`,
	);
	await isTold(silent, `^no answer within half a second; .*docker stats ${silent}`);
	for (const container of [deaf, loopback, elsewhere, silent])
		await isKeptOut(proxy, container, "not-listening");
	expect(await ballast(proxy, "status")).toMatchObject({ exitCode: 1 });
	await agreeOn(proxy, webapp, late);

	await letListen(deaf);
	await agreeOn(proxy, webapp, late, deaf);
	await eventually(async () => {
		const subjects = (await problemsOf(proxy)).map(({ subject }) => subject);
		expect(subjects).toEqual([elsewhere, loopback, silent]);
	});
});

/** As behind a firewall that drops what comes in: it tells no one where in the network it is (ip-sysctl, arp_ignore). */
const answersNoNeighbour = ["--sysctl", "net.ipv4.conf.all.arp_ignore=8"] as const;

/** Waits for the problem of one that has not listened for 10 s. */
async function isTold(container: string, hint: string): Promise<void> {
	await eventually(async () => {
		const { severity, message, ...problem } = await problemWith(proxy, "not-listening", container);
		expect(severity).toBe("problem");
		expect(message).toMatch(/^nothing accepts connections at [\d.]+:300[01] yet; /);
		expect(problem.hint).toMatch(new RegExp(hint));
	});
}
