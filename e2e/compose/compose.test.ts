import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { ballast, problemsOf, type RunningProxy, serversOf } from "../harness/proxy.ts";

/** A project of this test's own from the repo's compose.yaml: nothing differs but its names, ports and addresses. */
const project = `e2e-compose-${randomInt(1_000_000)}`;
const subnet = `10.${randomInt(128, 256)}.${randomInt(256)}`;
const compose = join(import.meta.dirname, "../../compose.yaml");

let scratch: string;
let proxy: RunningProxy;

beforeAll(async () => {
	scratch = await mkdtemp(join(tmpdir(), "ballast-compose-"));
	// The network's name is fixed, and a demo may have it.
	await writeFile(join(scratch, "own.yaml"), `networks: { default: { name: ${project} } }\n`);
	await up();
	const name = `${project}-proxy-1`;
	proxy = { name, network: project, url: await urlOf(name, 80), statsUrl: await urlOf(name, 1936) };
});
afterAll(async () => {
	await onProject("down", "--volumes", "--remove-orphans", "--timeout", "5");
	await rm(scratch, { recursive: true });
});

test("the demo is up with one command: a hardened proxy at .42, and two web apps with nothing but a label", async () => {
	await agreeOn(proxy, ...webapps(2));
	expect(await inspect(proxy.name, `.NetworkSettings.Networks`)).toMatchObject({
		[project]: { IPAddress: `${subnet}.42` },
	});
	expect(await inspect(proxy.name, ".HostConfig")).toMatchObject({
		ReadonlyRootfs: true,
		CapDrop: ["ALL"],
		SecurityOpt: ["no-new-privileges:true"],
		RestartPolicy: { Name: "unless-stopped" },
	});
	expect(await docker("port", proxy.name, "1936/tcp")).toMatch(/^127\.0\.0\.1:\d+$/);
	expect(await ownProblems()).toEqual([]);
	expect((await ballast(proxy, "health")).exitCode).toBe(0);
});

test("docker compose up --scale webapp=5 and back is followed by itself", async () => {
	await up("--scale", "webapp=5");
	await agreeOn(proxy, ...webapps(5));
	await up("--scale", "webapp=2");
	await agreeOn(proxy, ...webapps(2));
	expect(await ownProblems()).toEqual([]);
});

test("a plain docker run with the label, in the demo's network, joins; docker compose run does not", async () => {
	const plain = `${project}-plain`;
	await docker("run", "-d", "--name", plain, "--label", "role=backend", "--network", project, images.webapp);
	try {
		const oneOff = (await onProject("run", "--detach", "webapp")).split("\n").at(-1) ?? "";
		await agreeOn(proxy, ...webapps(2), plain);
		expect(await inspect(oneOff, ".Config.Labels")).toMatchObject({ role: "backend" });
		await eventually(async () => expect(await inspect(oneOff, ".State.Health.Status")).toBe("healthy"));
		expect((await serversOf(proxy)).map(({ container }) => container)).not.toContain(oneOff);
		await docker("rm", "--force", oneOff);
	} finally {
		await docker("rm", "--force", plain);
	}
});

test("docker compose restart of the web apps loses none of them", async () => {
	await onProject("restart", "--timeout", "5", "webapp");
	await agreeOn(proxy, ...webapps(2));
});

function webapps(count: number): readonly string[] {
	return Array.from({ length: count }, (_, index) => `${project}-webapp-${index + 1}`);
}

/** Others on the same engine may use the demo's label, too: in networks that this proxy does not share. */
async function ownProblems(): Promise<readonly unknown[]> {
	return (await problemsOf(proxy)).filter(({ subject }) => subject.startsWith(project));
}

async function up(...options: readonly string[]): Promise<void> {
	await onProject("up", "--detach", "--wait", "--timeout", "5", ...options);
}

async function onProject(...args: readonly string[]): Promise<string> {
	const files = ["-f", compose, "-f", join(scratch, "own.yaml")];
	const env = { WEB_PORT: "0", STATS_PORT: "0", SUBNET: subnet };
	const { stdout } = await execa("docker", ["compose", "-p", project, ...files, ...args], { env });
	return stdout.trim();
}
