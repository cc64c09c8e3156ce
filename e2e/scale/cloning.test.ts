import { randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { docker, inspect, sh, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { clonedFrom, removeClone, startClone } from "./cloning.ts";

const app = `
	const { hostname } = require("node:os");
	require("node:http").createServer((_, response) => response.end(hostname())).listen(3000);
	process.once("SIGUSR1", () => process.exit());`;

/** An app that is run with most of what there is to ask for. */
async function startOriginal(sandbox: Sandbox, inner: string): Promise<string> {
	const shared = await sandbox.volume("shared");
	const original = await sandbox.run(
		"app",
		...["--env", "COLOUR=red", "--user", "1000:1000", "--workdir", "/tmp", "--group-add", "12"],
		...["--memory", "128m", "--cpus", "0.5", "--pids-limit", "100", "--oom-score-adj", "100"],
		...["--tmpfs", "/scratch:size=1m,mode=1777", "--mount", "type=tmpfs,target=/more", "--shm-size", "32m"],
		...["--volume", `${shared}:/shared:ro`, "--volume", "/etc/hostname:/host-name:ro"],
		...["--volume", "/anonymous", "--mount", "type=volume,target=/nameless"],
		...["--health-cmd", "true", "--health-interval", "300ms", "--health-start-period", "1s"],
		...["--cap-drop", "ALL", "--cap-add", "CHOWN", "--security-opt", "no-new-privileges", "--read-only"],
		...["--log-opt", "max-size=1m", "--log-opt", "max-file=2", "--restart", "on-failure:3"],
		...["--stop-signal", "SIGUSR1", "--stop-timeout", "4", "--init", "--expose", "9000", "--publish", "3000"],
		...["--sysctl", "net.core.somaxconn=512", "--ulimit", "nofile=1024:2048"],
		...["--add-host", "db:10.0.0.9", "--dns", "10.0.0.53", "--dns-search", "example.test"],
		...["--device", "/dev/null:/dev/nothing", "--network-alias", "store"],
		// Without the image's entrypoint, were there one.
		...["--entrypoint", "", images.base, "node", "--eval", app],
	);
	await docker("network", "connect", "--alias", "inner", inner, original);
	return original;
}

/** What `docker inspect` says of a container where it says what was asked for. */
const asked = v.object({
	Image: v.string(),
	Path: v.string(),
	Args: v.array(v.string()),
	AppArmorProfile: v.string(),
	Config: v.record(v.string(), v.unknown()),
	HostConfig: v.record(v.string(), v.unknown()),
	NetworkSettings: v.object({ Networks: v.record(v.string(), v.object({ Aliases: v.array(v.string()) })) }),
});

async function askedOf(container: string) {
	const { Config, HostConfig, ...rest } = v.parse(asked, await inspect(container, "."));
	const { Hostname: _hostname, Image: _name, Labels, ...config } = Config;
	// Null where nobody asked, and empty where nothing was asked for.
	const { VolumesFrom: _volumes, Links: _links, ...hostConfig } = HostConfig;
	return { labels: Labels, asked: { ...rest, config, hostConfig } };
}

const given = v.object({
	Config: v.object({ Hostname: v.string() }),
	Mounts: v.array(v.object({ Type: v.string(), Destination: v.string(), Name: v.optional(v.string()) })),
	NetworkSettings: v.object({
		Networks: v.record(
			v.string(),
			v.object({ IPAddress: v.string(), MacAddress: v.string(), EndpointID: v.string() }),
		),
		Ports: v.record(v.string(), v.nullable(v.array(v.object({ HostPort: v.string() })))),
	}),
});

/** What Docker gave to this container alone: a text each. */
async function givenTo(container: string): Promise<readonly string[]> {
	const { Config, Mounts, NetworkSettings } = v.parse(given, await inspect(container, "."));
	const networks = Object.values(NetworkSettings.Networks);
	return [
		Config.Hostname,
		...anonymousIn(Mounts),
		...networks.flatMap(({ IPAddress, MacAddress, EndpointID }) => [IPAddress, MacAddress, EndpointID]),
		...(NetworkSettings.Ports["3000/tcp"] ?? []).slice(0, 1).map(({ HostPort }) => HostPort),
	];
}

function anonymousIn(mounts: v.InferOutput<typeof given>["Mounts"]): readonly string[] {
	return mounts
		.filter(({ Destination }) => ["/anonymous", "/nameless", "/data"].includes(Destination))
		.map(({ Name = "" }) => Name);
}

async function anonymousOf(container: string): Promise<readonly string[]> {
	return anonymousIn(v.parse(given, await inspect(container, ".")).Mounts);
}

async function answerOf(container: string): Promise<string> {
	const ask = `fetch("http://127.0.0.1:3000").then((answer) => answer.text()).then(console.log)`;
	return docker("exec", container, "node", "--eval", ask);
}

describe("a clone of a container with many options", () => {
	test("asks for the same, has what is its own, answers, and is removed without a trace", async () => {
		await using inner = await createSandbox("cloning-inner");
		await using sandbox = await createSandbox("cloning");
		const original = await startOriginal(sandbox, inner.network);

		const clone = await startClone(original);

		expect(clone).toBe(`${original}-scale-1`);
		const [one, two] = [await askedOf(original), await askedOf(clone)];
		expect(two.asked).toEqual(one.asked);
		expect(two.labels).toMatchObject({ ...Object(one.labels), "ballast.scale.ordinal": "1" });
		// As a digest sees it: nothing of what makes a generation got lost.
		expect((await clonedFrom(clone)).generation).toBe((await clonedFrom(original)).generation);

		const [ofOne, ofTwo] = [await givenTo(original), await givenTo(clone)];
		expect(ofOne.length).toBe(10);
		expect(new Set([...ofOne, ...ofTwo, ""]).size).toBe(21);

		await eventually(async () => {
			expect(await answerOf(clone)).toBe(await sh(clone, "hostname"));
			expect(await inspect(clone, ".State.Health.Status")).toBe("healthy");
		});
		expect(await sh(clone, "echo $COLOUR; id -u; pwd")).toBe("red\n1000\n/tmp");

		const volumes = await anonymousOf(clone);
		await removeClone(clone);
		expect((await tryDocker("inspect", clone)).exitCode).not.toBe(0);
		for (const volume of volumes) expect((await tryDocker("volume", "inspect", volume)).exitCode).not.toBe(0);
		for (const volume of await anonymousOf(original)) await docker("volume", "inspect", volume);
	});

	test("finds by a legacy link what its original finds by it", async () => {
		await using sandbox = await createSandbox("cloning-links");
		const sleep = ["--entrypoint", "sleep", images.base, "600"];
		const db = await sandbox.runIn("bridge", "db", ...sleep);
		const original = await sandbox.runIn("bridge", "app", "--link", `${db}:database`, ...sleep);

		const clone = await startClone(original);

		expect(await sh(clone, "getent hosts database")).toBe(await sh(original, "getent hosts database"));
	});

	test("runs what its original runs, where that has cleared the entrypoint of its image", async () => {
		const image = `e2e-cloning-${randomInt(1_000_000)}`;
		await using _ = { [Symbol.asyncDispose]: async () => void (await docker("rmi", image)) };
		await using sandbox = await createSandbox("cloning-entrypoint");
		const source = await sandbox.create("source", images.base);
		await docker("commit", "--change", 'ENTRYPOINT ["false"]', source, image);
		const original = await sandbox.run("app", "--entrypoint", "", image, "sleep", "600");

		const clone = await startClone(original);

		expect(await inspect(clone, ".State.Status")).toBe("running");
		expect(await inspect(clone, ".Path")).toBe("sleep");
	});

	test("is refused by the same words as a unit test has them, where it can't be made", async () => {
		await using sandbox = await createSandbox("cloning-refused");
		const data = await sandbox.volume("data");
		const options = [
			"--rm",
			"--publish",
			"127.0.0.1:0:80",
			"--volume",
			`${data}:/data`,
			"--entrypoint",
			"sleep",
		];
		const original = await sandbox.run("app", ...options, images.base, "600");

		const refused = clonedFrom(original);

		await expect(refused).rejects.toThrow(`writes to the volume "${data}", at "/data"`);
		await expect(refused).rejects.toThrow("(--rm)");
		await expect(refused).rejects.not.toThrow("publishes");
	});
});

const file = (volumes: string) => `
services:
  web:
    image: ${images.base}
    entrypoint: [sh, -c, "trap 'exit 0' TERM; echo ready; sleep 600 & wait"]
    volumes: [${volumes}]
    networks: { default: {}, inner: { aliases: [in] } }
    deploy: { resources: { limits: { memory: 64m } } }
networks: { default: {}, inner: {} }
volumes: { named: {} }
`;

/** A project of one service, gone with all it had at the end. */
async function createProject(volumes: string) {
	const name = `e2e-cloning-${randomInt(1_000_000)}`;
	const directory = await mkdtemp(join(tmpdir(), "ballast-cloning-"));
	await writeFile(join(directory, "compose.yaml"), file(volumes));
	const compose = async (...args: readonly string[]) => {
		const { stdout } = await execa("docker", ["compose", "-p", name, ...args], { cwd: directory });
		return stdout.trim();
	};
	return {
		name,
		compose,
		services: async () => (await compose("ps", "-a", "--format", "{{.Name}}")).split("\n").toSorted(),
		// A volume without a name has one for Compose once it has made its container anew, and then down leaves it.
		[Symbol.asyncDispose]: async () => {
			const containers = (await compose("ps", "-aq")).split("\n").filter((id) => id !== "");
			const volumes = await Promise.all(containers.map(anonymousOf));
			await compose("down", "--volumes", "--remove-orphans", "--timeout", "5");
			for (const volume of volumes.flat()) await docker("volume", "rm", "--force", volume);
			await rm(directory, { recursive: true });
		},
	};
}

describe("Compose", () => {
	test("sees a clone that joins in ps and logs, removes it first when it has too many, and ends it with down", async () => {
		await using project = await createProject("named:/named:ro");
		const { name, compose, services } = project;
		await compose("up", "--detach");
		const original = `${name}-web-1`;

		expect(await startClone(original)).toBe(`${name}-web-scale-1`);
		await startClone(original, { ordinal: 2 });

		expect(await services()).toEqual([original, `${name}-web-scale-1`, `${name}-web-scale-2`]);
		await eventually(async () => {
			expect(await compose("logs", "web")).toMatch(/web-scale-2\s*\| ready/);
		});
		await compose("up", "--detach", "--scale", "web=2", "--timeout", "5");
		expect(await services()).toEqual([original, `${name}-web-scale-1`]);

		await compose("down", "--timeout", "5");
		expect(await docker("ps", "--all", "--quiet", "--filter", `name=${name}`)).toBe("");
		expect(await docker("network", "ls", "--quiet", "--filter", `name=${name}`)).toBe("");
	});

	test("does not see one that is detached, and an original that it made anew is of the same generation", async () => {
		await using project = await createProject("/data, named:/named:ro");
		const { name, compose, services } = project;
		await compose("up", "--detach");
		const original = `${name}-web-1`;
		const { generation } = await clonedFrom(original);

		const clone = await startClone(original, { compose: "detach" });
		try {
			expect(await services()).toEqual([original]);
			await compose("up", "--detach", "--force-recreate", "--timeout", "5");
			expect(await inspect(clone, ".State.Status")).toBe("running");
			expect((await clonedFrom(original)).generation).toBe(generation);
		} finally {
			await removeClone(clone);
		}
	});
});
