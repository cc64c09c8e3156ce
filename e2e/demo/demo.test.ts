import { randomBytes } from "node:crypto";
import { globSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sizeOfPng } from "../harness/browser.ts";
import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { pictureSize } from "./evidence.ts";
import { proxyName, steps } from "./steps.ts";

let directory: string;
let whole: ReturnType<typeof startDemo>;
/** Of its containers' names: none, where the names were free. */
let prefix: string;

// It takes half a minute: meanwhile others are started beside it, as a person may.
beforeAll(async () => {
	directory = await mkdtemp(join(tmpdir(), "ballast-demo-"));
	whole = startDemo(join(directory, "whole"));
	await untilSaid(whole, /0-none/);
});
afterAll(async () => {
	whole.kill("SIGINT");
	await whole;
	await rm(directory, { recursive: true });
});

test("a demo that is interrupted ends at once, and leaves nothing behind", async () => {
	const place = join(directory, "interrupted");
	const demo = startDemo(place);
	await untilSaid(demo, /--name \S*s1 /);
	demo.kill("SIGINT");
	const { exitCode, stderr } = await demo;
	expect(stderr).toContain("Ended by SIGINT.");
	expect(exitCode).toBe(130);
	await expectNothingLeft(place);
});

test("a demo that fails says why, and leaves nothing behind", async () => {
	const namespace = `e2e-demo-${randomBytes(4).toString("hex")}`;
	await docker("tag", images.proxy, `${namespace}/proxy`);
	const place = join(directory, "failed");
	const { exitCode, stderr } = await startDemo(place, { IMAGES: namespace });
	await docker("rmi", `${namespace}/proxy`);
	expect(stderr).toContain("The demo failed.");
	expect(stderr).toContain(`No such image: ${namespace}/browser`);
	expect(exitCode).toBe(1);
	await expectNothingLeft(place);
});

describe("a demo", () => {
	test("goes through all its steps without losing a request, and leaves nothing behind", async () => {
		const { exitCode, stdout, stderr } = await whole;
		prefix = /--name (\S*)lb /.exec(stdout)?.[1] ?? "none was told";
		expect(stderr).toBe("");
		expect(exitCode).toBe(0);
		expect(stdout.match(/^\d-\S+ /gm)).toEqual([...steps, ...steps].map(({ name }) => `${name} `));
		expect(stdout.match(/ 0 of them lost/g)).toHaveLength(steps.length);
		await expectNothingLeft(join(directory, "whole"));
	});

	test.each(steps)("saves evidence of $name: who serves", async ({ name, serving }) => {
		const place = join(directory, "whole", name);
		const servers = serving.map((server) => prefix + server);

		expect(await namesIn(place, "haproxy.cfg", /^ {4}server (\S+)-[0-9a-f]{8} /gm)).toEqual(servers);
		expect(await namesIn(place, "stats.html", /<a name="nodes\/(\S+)-[0-9a-f]{8}"/g)).toEqual(servers);
		expect((await readdir(join(place, "nodes"))).map((file) => file.slice(0, -9))).toEqual(servers);
		expect(sizeOfPng(await readFile(join(place, "stats.png")))).toEqual(pictureSize);
	});

	test.each(steps)("saves evidence of $name: each container's state and log", async ({ name, serving }) => {
		const place = join(directory, "whole", name);
		const read = async (file: string) => readFile(join(place, file), "utf8");
		const containers = [proxyName, ...startedUntil(name)];
		expect(await readdir(join(place, "inspect"))).toEqual(containers.map((one) => `${one}.json`));
		for (const container of containers) {
			const [state] = JSON.parse(await read(`inspect/${container}.json`));
			const fullName = prefix + container;
			const runs = [proxyName, ...serving].includes(container);
			expect(state).toMatchObject({ Name: `/${fullName}`, State: { Running: runs } });
			expect(await read("docker-ps.txt")).toMatch(
				new RegExp(` ${runs ? "Up" : "Exited"} .* ${fullName}$`, "m"),
			);
			expect(await read(`log/${container}.log`)).toContain(
				container === proxyName ? "HAProxy" : "Listening on port 3000.",
			);
		}
	});
});

function startDemo(place: string, env: Readonly<Record<string, string>> = {}) {
	return execa(process.execPath, [join(import.meta.dirname, "main.ts"), place], { reject: false, env });
}

async function untilSaid(demo: ReturnType<typeof startDemo>, pattern: RegExp): Promise<void> {
	const ended = demo.then(({ stderr }) => {
		throw new Error(`It ended before it said ${pattern}: ${stderr}`);
	});
	let said = "";
	const heard = new Promise<void>((resolve) => {
		demo.stdout.on("data", (chunk) => {
			said += chunk;
			if (pattern.test(said)) resolve();
		});
	});
	await Promise.race([heard, ended]);
}

function startedUntil(name: string): readonly string[] {
	const past = steps.slice(0, steps.findIndex((step) => step.name === name) + 1);
	return past.flatMap(({ act }) => (act.kind === "start" ? [act.server] : []));
}

async function namesIn(place: string, file: string, pattern: RegExp) {
	const text = await readFile(join(place, file), "utf8");
	return [...text.matchAll(pattern)].map(([, name]) => name);
}

/** By ids: another demo may have the names by now. A network can't be removed while a container is in it. */
async function expectNothingLeft(place: string): Promise<void> {
	const files = globSync("*/inspect/*.json", { cwd: place });
	const states = await Promise.all(files.map(async (file) => readFile(join(place, file), "utf8")));
	const ids = states.flatMap((text) => {
		const [{ Id, NetworkSettings }] = JSON.parse(text);
		const networks: readonly Endpoint[] = Object.values(NetworkSettings.Networks);
		return [Id, ...networks.map(({ NetworkID }) => NetworkID)];
	});
	const present = await Promise.all([
		docker("ps", "--all", "--quiet", "--no-trunc"),
		docker("network", "ls", "--quiet", "--no-trunc"),
	]);
	expect(ids).not.toEqual([]);
	expect(ids.filter((id) => present.join("\n").includes(id))).toEqual([]);
}

type Endpoint = { readonly NetworkID: string };
