import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, logsOf, sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { keptLines } from "../harness/membership.ts";
import { processesNamed } from "../harness/processes.ts";
import { type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { messagesAt, receiverPort, startReceiver } from "./receiver.ts";

const forwarder = "/usr/sbin/rsyslogd";

let sandbox: Sandbox;
let receiver: string;
let proxy: RunningProxy;
let byDatagram: RunningProxy;
let silent: RunningProxy;
let s1: string;

beforeAll(async () => {
	sandbox = await createSandbox("forwarder");
	receiver = await startReceiver(sandbox);
	const to = (protocol: string) => ["-e", `BALLAST_SYSLOG=${protocol}://${receiver}:${receiverPort}`];
	[proxy, byDatagram, silent, s1] = await Promise.all([
		startProxy(sandbox, ["--hostname", "by-tcp", "-e", "BALLAST_ACCESS_LOG=on", ...to("tcp")]),
		startProxy(sandbox, ["--hostname", "by-udp", "-e", "BALLAST_ACCESS_LOG=on", ...to("udp")], "by-udp"),
		startProxy(sandbox, [], "silent"),
		startWebapp(sandbox, "s1"),
	]);
	await Promise.all([agreeOn(proxy, s1), agreeOn(byDatagram, s1)]);
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

test.each(["by-tcp", "by-udp"])("a request and a join arrive %s as messages of RFC 5424", async (host) => {
	const asked = await ask(host === "by-tcp" ? proxy : byDatagram, `form-${host}`, 1);
	await arrive(asked);
	const messages = (await messagesAt(receiver)).filter((message) => message.host === host);
	// local0.info and local0.notice.
	expect(messages.find(({ text }) => text.includes(asked[0] ?? ""))).toMatchObject({
		priority: 134,
		app: "haproxy",
	});
	const join = messages.find(({ text }) => text.includes(`"${s1}"`) && text.includes('"event":"join"'));
	expect(join).toMatchObject({ priority: 133, app: "ballast" });
	const kept = await keptLines(host === "by-tcp" ? proxy : byDatagram);
	expect(kept).toContainEqual(JSON.parse(join?.text ?? ""));
	// Of the same moment, whatever the zone: the line is given its time when it is written.
	const [at, told] = [Date.parse(join?.time ?? ""), Date.parse(JSON.parse(join?.text ?? "").time)];
	expect(Math.abs(at - told)).toBeLessThan(30_000);
});

test("promise 11: the forwarder has a user of its own, no capability, and opens no socket of others", async () => {
	const [running, ...more] = await processesNamed(proxy.name, forwarder);
	expect(more).toEqual([]);
	expect([...new Set([...(running?.uids ?? []), ...(running?.gids ?? [])])]).toEqual([10004]);
	expect(running?.groups).toEqual([]);
	expect(running?.capabilities).toMatchObject({
		permitted: "0000000000000000",
		effective: "0000000000000000",
	});
	for (const path of [
		"/var/run/docker.sock",
		"/run/haproxy/admin.sock",
		"/run/ballast/ballast.sock",
		"/var/lib/ballast/state",
	])
		await expect(sh(proxy.name, `test -r ${path} || test -w ${path}`, "10004:10004")).rejects.toThrow();
	await expect(sh(proxy.name, "ls /var/lib/ballast/syslog", "10001:10001")).rejects.toThrow(
		"Permission denied",
	);
});

test("without the setting there is no forwarder, and no file for it", async () => {
	expect(await processesNamed(silent.name, forwarder)).toEqual([]);
	expect(await processesNamed(silent.name, "s6-supervise syslog")).toEqual([]);
	expect(await processesNamed(silent.name, "s6-log")).toEqual([]);
	expect(await sh(silent.name, "ls /var/lib/ballast/syslog", "10004:10004")).toBe("");
});

test("killed again and again while requests fill its files and these are rotated, it sends every line", async () => {
	const asked: string[] = [];
	// A fifth death within ten minutes would hold it back for one.
	for (let killed = 0; killed < 3; killed++) {
		// In all more than the thousand lines after which it writes down where it is.
		const asking = ask(proxy, `rotated-${killed}`, 450);
		await killForwarder();
		await rotateFiles();
		asked.push(...(await asking));
	}
	await arrive(asked);
	expect(await sh(proxy.name, "ls /var/lib/ballast/syslog/haproxy", "10004:10004")).toMatch(/^@\w+\.s$/m);
});

test("with the target away HAProxy and membership go on, and all that was said arrives when it is back", async () => {
	await docker("stop", receiver);
	const [asked, s2] = await Promise.all([ask(proxy, "away", 300), startWebapp(sandbox, "s2")]);
	await agreeOn(proxy, s1, s2);
	const more = await ask(proxy, "still-away", 300);
	await eventually(async () =>
		expect(await logsOf(proxy.name)).toContain(`${receiver}:${receiverPort} can't be reached`),
	);
	await docker("start", receiver);
	await arrive([...asked, ...more, `"name":"${s2}"`]);
	expect((await logsOf(proxy.name)).match(/can't be reached/g)?.length).toBeLessThan(3);
});

test("what was not sent when the proxy was stopped is sent at its next start; the target away, it stops in time", async () => {
	await docker("stop", receiver);
	const asked = await ask(proxy, "before-the-stop", 50);
	await docker("stop", proxy.name);
	// Whoever is not done within the grace period is killed, which is another exit code.
	expect(await inspect(proxy.name, ".State.ExitCode")).toBe(0);
	await Promise.all([docker("start", receiver), docker("start", proxy.name)]);
	await arrive(asked);
});

/**
 * Requests in 16 lines, which must all be answered. Gives what their log lines have in them, of those that HAProxy has
 * written: on a busy machine it drops some rather than wait for its pipe.
 */
async function ask({ url, name }: RunningProxy, word: string, count: number): Promise<readonly string[]> {
	const queries = Array.from({ length: count }, (_, at) => `?${at}=${word}`);
	const waiting = queries.values();
	const line = async (): Promise<void> => {
		for (const query of waiting) {
			const response = await fetch(`${url}/${query}`);
			await response.arrayBuffer();
			expect(response.status).toBe(200);
		}
	};
	await Promise.all(Array.from({ length: 16 }, line));
	return await eventually(async () => {
		const written = new Set((await logsOf(name)).match(/"GET \/\S+ /g));
		const lines = queries.map((query) => `"GET /${query} `).filter((text) => written.has(text));
		expect(lines.length).toBeGreaterThan(count / 2);
		return lines;
	});
}

/** Waits until the receiver has got each of the texts in one of its messages. */
async function arrive(texts: readonly string[]): Promise<void> {
	let missing = texts;
	await eventually(async () => {
		const got = (await messagesAt(receiver)).map(({ text }) => text).join("\n");
		missing = missing.filter((text) => !got.includes(text));
		expect(missing.slice(0, 3), `${missing.length} of ${texts.length} are missing`).toEqual([]);
	});
}

async function killForwarder(): Promise<void> {
	const [victim] = await eventually(async () => {
		const running = await processesNamed(proxy.name, forwarder);
		expect(running).toHaveLength(1);
		return running;
	});
	await sh(proxy.name, `kill -KILL ${victim?.pid}`);
	await eventually(async () => {
		const [another] = await processesNamed(proxy.name, forwarder);
		expect(another?.pid).not.toBe(victim?.pid);
	});
}

/** s6-log does at this signal what it does when a file is full, after 2 MiB. */
async function rotateFiles(): Promise<void> {
	const writers = await processesNamed(proxy.name, "s6-log");
	await sh(proxy.name, `kill -ALRM ${writers.map(({ pid }) => pid).join(" ")}`);
}
