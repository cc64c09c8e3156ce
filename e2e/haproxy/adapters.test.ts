import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import type { Given, Verb } from "./driver.ts";

/*
 * What the adapters make of the image's own HAProxy, in the image's own directories, as the controller's user. The
 * container runs HAProxy's service and nothing else. Each test has a container of its own, and they go on side by side.
 */
const image = images.proxy;
const driver = "/opt/ballast/e2e/haproxy/driver.ts";
const mount = [
	...["--volume", `${import.meta.dirname}:/opt/ballast/e2e/haproxy:ro`],
	// In the image the types are taken out of it.
	...["--volume", `${join(import.meta.dirname, "../../src")}:/opt/ballast/src:ro`],
];

let sandbox: Sandbox;
beforeAll(async () => {
	sandbox = await createSandbox("haproxy");
});
afterAll(async () => sandbox[Symbol.asyncDispose]());

async function runHaproxy(name: string): Promise<string> {
	return sandbox.run(name, ...mount, "--entrypoint", "/etc/services/haproxy/run", image);
}

/** A container in which nothing runs but what a test asks for. */
async function runIdle(name: string, ...options: readonly string[]): Promise<string> {
	return sandbox.run(name, ...mount, ...options, "--init", "--entrypoint", "sleep", image, "infinity");
}

/** The answers to the verbs, called one after the other. A verb without a result answers `{}`. */
async function call(container: string, generation: Given, ...verbs: readonly Verb[]): Promise<unknown> {
	const command = ["node", driver, JSON.stringify(generation), ...verbs];
	const options = ["--user", "10002:10002", "-e", "NODE_COMPILE_CACHE=/tmp/compiled"];
	return JSON.parse(await docker("exec", ...options, container, ...command));
}

async function serving(container: string, generation: Given): Promise<void> {
	await call(container, generation, "promote");
	await eventually(async () =>
		expect(await call(container, generation, "loaded")).toEqual([{ value: generation.id }]),
	);
}

function generationOf(id: string, bind = ":80", directive = ""): Given {
	const config = `
global
	default-path config
	description "${id}"
	stats socket /run/haproxy/admin.sock mode 660 level admin
	log stdout format raw local0
defaults
	mode http
	timeout connect 1s
	timeout client 5s
	timeout server 5s
frontend web
	bind ${bind}
	http-request return status 200 content-type text/plain string "${id}" if { path /id }
	use_backend %[req.hdr(host),map_str(hosts.map,nodes)]
backend nodes
	${directive}
	server web-1-0a1b2c3d 127.0.0.1:3001 weight 100
	server web-2-1a2b3c4d 127.0.0.1:3002 weight 50 disabled
`;
	return { id, files: { "haproxy.cfg": config.trimStart(), "hosts.map": "* nodes\n" } };
}

const first = generationOf("aaaaaaaaaaaa");
const reloaded = { value: { kind: "reloaded", old: expect.any(Number) } };

test.concurrent("promise 4: HAProxy starts with the first generation that is promoted, and reads it by its group alone", async () => {
	const container = await runHaproxy("start");
	await expect(call(container, first, "loaded", "reload")).resolves.toEqual([
		{},
		{ value: { kind: "not-running" } },
	]);

	await serving(container, first);

	const files = await docker(
		"exec",
		container,
		"find",
		"/var/lib/ballast/generation/",
		"-printf",
		"%m %U:%G %y %P\\n",
	);
	expect(files.split("\n").sort()).toEqual([
		"2750 10002:10001 d ",
		"2750 10002:10001 d aaaaaaaaaaaa",
		"2750 10002:10001 d carried",
		"640 10002:10001 f aaaaaaaaaaaa/fleet.json",
		"640 10002:10001 f aaaaaaaaaaaa/haproxy.cfg",
		"640 10002:10001 f aaaaaaaaaaaa/hosts.map",
		"640 10002:10001 f aaaaaaaaaaaa/sums",
		"640 10002:10001 f carried/counters",
		"640 10002:10001 f carried/servers",
		"777 10002:10001 l current",
	]);
});

test.concurrent("promise 4: after a promotion and a reload the new generation is loaded, at once and every time", async () => {
	const container = await runHaproxy("reload");
	await serving(container, first);

	for (const id of ["000000000001", "000000000002", "000000000003"]) {
		const answers = call(container, generationOf(id), "promote", "reload", "loaded", "info");
		await expect(answers).resolves.toMatchObject([
			{},
			reloaded,
			{ value: id },
			{ value: { description: id } },
		]);
	}
});

test.concurrent("promise 4: a refused generation is told with file and line, is kept to look at, and changes nothing", async () => {
	const container = await runIdle("refused");
	const misspelt = generationOf("bbbbbbbbbbbb", ":80", "balnce first");
	await call(container, first, "promote");

	await expect(call(container, misspelt, "check", "current")).resolves.toMatchObject([
		{
			value: {
				accepted: false,
				findings: [{ file: "haproxy.cfg", line: 16, message: expect.stringContaining("'balnce'") }],
			},
		},
		{ value: { id: first.id } },
	]);

	const refused = "/var/lib/ballast/generation/refused/haproxy.cfg";
	await expect(docker("exec", container, "sed", "-n", "16p", refused)).resolves.toBe("balnce first");
});

test.concurrent("promise 4: a generation that passes the check but can't be loaded is taken back", async () => {
	const container = await runHaproxy("revert");
	await serving(container, first);
	const unbindable = generationOf("bbbbbbbbbbbb", "192.0.2.1:80");

	await expect(call(container, unbindable, "check", "promote", "reload", "loaded")).resolves.toEqual([
		{ value: { accepted: true } },
		{},
		{ value: { kind: "failed", log: expect.stringContaining("192.0.2.1:80") } },
		{ value: first.id },
	]);
	await expect(call(container, first, "revert", "reload", "loaded")).resolves.toEqual([
		{},
		reloaded,
		{ value: first.id },
	]);
});

test.concurrent("the running process tells of each server, as state and as figures", async () => {
	const container = await runHaproxy("servers");
	await serving(container, first);

	await expect(call(container, first, "states", "stats")).resolves.toMatchObject([
		{
			value: [
				{ pool: "nodes", server: "web-1-0a1b2c3d", operation: "running", maintenance: false, weight: 100 },
				{ pool: "nodes", server: "web-2-1a2b3c4d", operation: "stopped", maintenance: true, weight: 50 },
			],
		},
		{
			value: [
				{ server: "web-1-0a1b2c3d", address: "127.0.0.1:3001", status: "no check", current: 0, total: 0 },
				{ server: "web-2-1a2b3c4d", address: "127.0.0.1:3002", status: "MAINT" },
			],
		},
	]);
});

test.concurrent("promise 6: each change of the running process is told by what it has then, in HAProxy's own words where it refuses", async () => {
	const container = await runHaproxy("changes");
	await serving(container, first);
	const others = ["nodes/web-1-0a1b2c3d 127.0.0.1:3001 ready", "nodes/web-2-1a2b3c4d 127.0.0.1:3002 maint"];
	const isIn = (state: string) => ({
		value: ["", ...others, `nodes/web-3-2a2b3c4d 127.0.0.1:3003 ${state}`],
	});

	const verbs = ["running", "join", "drain", "maint", "ready", "maint", "remove", "running"] as const;
	await expect(call(container, first, ...verbs)).resolves.toEqual([
		{ value: [first.id, ...others] },
		isIn("ready"),
		isIn("drain"),
		isIn("maint"),
		isIn("ready"),
		isIn("maint"),
		{ value: ["", ...others] },
		{ value: [first.id, ...others] },
	]);
	await expect(call(container, first, "join", "join", "remove", "strange", "nowhere")).resolves.toEqual([
		isIn("ready"),
		{ value: [expect.stringContaining("Already exists a server"), ...isIn("ready").value.slice(1)] },
		{ value: [expect.stringContaining("maintenance mode"), ...isIn("ready").value.slice(1)] },
		{ value: ["No such server.", ...isIn("ready").value.slice(1)] },
		{ value: ["No such backend."] },
	]);
});

test.concurrent("a change that no process can make is told as that", async () => {
	const container = await runIdle("no-process");

	await expect(call(container, first, "running", "join")).resolves.toEqual([{}, {}]);
});

test.concurrent("promise 4: a disk that is full leaves the generation in force whole, and says what to do", async () => {
	const tmpfs = "/var/lib/ballast/generation:size=64k,uid=10002,gid=10001,mode=2750";
	const container = await runIdle("full", "--tmpfs", tmpfs);
	const large: Given = {
		id: "bbbbbbbbbbbb",
		files: { "haproxy.cfg": "#\n", "hosts.map": "x".repeat(30_000) },
	};
	const larger: Given = { id: "cccccccccccc", files: { ...large.files, "more.map": "x".repeat(30_000) } };
	await call(container, first, "promote");

	const full = { error: { code: "generation-disk", message: expect.stringContaining("the disk is full") } };
	const unchanged = { value: { id: first.id } };
	await expect(call(container, larger, "check", "current", "promote", "current")).resolves.toMatchObject([
		full,
		unchanged,
		full,
		unchanged,
	]);
	await expect(call(container, large, "promote")).resolves.toEqual([{}]);
});

test.concurrent("promise 4: a file system that is read-only is told as such", async () => {
	const container = await runIdle("read-only", "--tmpfs", "/var/lib/ballast/generation:ro,uid=10002");

	await expect(call(container, first, "promote")).resolves.toMatchObject([
		{ error: { code: "generation-disk", message: expect.stringContaining("read-only") } },
	]);
});

test.concurrent.each(["0.25", "1.5"])("a container of %s CPUs is worth one thread", async (cpus) => {
	const container = await runIdle(`cpus-${cpus}`, "--cpus", cpus, "--ulimit", "nofile=1000:5000");

	await expect(call(container, first, "machine")).resolves.toMatchObject([
		{ value: { threads: 1, openFiles: 5_000 } },
	]);
});
