import { describe, expect, test } from "vitest";
import { firstClone, type Inspected, type Saved, savedTemplate } from "../testing/templates.ts";
import { type CloneOrder, cloneOf } from "./clone.ts";

type Change = (inspected: Inspected) => void;

function generationIn(name: Saved, change?: Change, order: Partial<CloneOrder> = {}): string {
	const cloning = cloneOf(savedTemplate(name, change), { ...firstClone, ...order });
	if (cloning.kind === "refused") throw new Error(JSON.stringify(cloning.refusals));
	return cloning.generation;
}

describe("the generation of a clone", () => {
	const generation = (change?: Change, order?: Partial<CloneOrder>) =>
		generationIn("many-options", change, order);
	const first = generation();

	test.each<[string, Change | undefined, Partial<CloneOrder>?]>([
		["a clone of another number", undefined, { ordinal: 2 }],
		["one of another proxy", undefined, { owner: "proxy-2" }],
		["the same container made anew", (saved) => Object.assign(saved, madeAnew(saved))],
		[
			"an engine that writes null or nothing for what is empty",
			({ Config, HostConfig }) => {
				Object.assign(Config, { OnBuild: [], WorkingDir: Config["WorkingDir"], Shell: null });
				Object.assign(HostConfig, { DeviceRequests: [], Annotations: {}, Cgroup: undefined });
			},
		],
		[
			"Compose, which lists what has no order in another order each time",
			({ Config, HostConfig, NetworkSettings }) => {
				const front = NetworkSettings.Networks["front"] ?? {};
				for (const [fields, name] of [
					...[[Config, "Env"] as const, [HostConfig, "Binds"] as const, [HostConfig, "Mounts"] as const],
					...[[HostConfig, "Ulimits"] as const, [front, "Aliases"] as const],
				]) {
					const list = fields[name];
					if (!Array.isArray(list) || list.length === 0) throw new Error(`${name} has nothing to turn`);
					fields[name] = list.toReversed();
				}
			},
		],
		[
			"an engine that orders fields otherwise",
			(saved) => {
				saved.HostConfig = Object.fromEntries(Object.entries(saved.HostConfig).reverse());
			},
		],
	])("is the same for %s", (_, change, order) => {
		expect(generation(change, order)).toBe(first);
	});

	test.each<[string, Change | undefined, Partial<CloneOrder>?]>([
		[
			"another image of the same name",
			(saved) => Object.assign(saved, { Image: `sha256:${"1".repeat(64)}` }),
		],
		["another variable", ({ Config }) => Object.assign(Config, { Env: ["COLOUR=blue"] })],
		["another label", ({ Config }) => Object.assign(Config.Labels, { "ballast.port": "3001" })],
		["another order of arguments", ({ Config }) => Object.assign(Config, { Cmd: ["-e", "node"] })],
		["another resolver", ({ HostConfig }) => Object.assign(HostConfig, { Dns: ["10.0.0.54"] })],
		["another limit", ({ HostConfig }) => Object.assign(HostConfig, { Memory: 1 })],
		["another exposed port", ({ Config }) => Object.assign(Config, { ExposedPorts: { "3000/tcp": {} } })],
		[
			"another network",
			({ NetworkSettings }) => Object.assign(NetworkSettings.Networks, { third: { Aliases: null } }),
		],
		["being told to publish no port", undefined, { ports: "drop" }],
	])("is another one with %s", (_, change, order) => {
		expect(generation(change, order)).not.toBe(first);
	});

	test("is the same for an original that Compose made anew, and none that it is detached from", () => {
		const of = (change?: Change, order?: Partial<CloneOrder>) => generationIn("of-compose", change, order);
		const anew: Change = (saved) => {
			Object.assign(saved.Config.Labels, {
				"com.docker.compose.replace": "1",
				"com.docker.compose.container-number": "2",
			});
			const mounts = saved.HostConfig["Mounts"];
			if (Array.isArray(mounts)) mounts[0] = { Type: "volume", Source: "f".repeat(64), Target: "/data" };
		};

		expect(of(anew)).toBe(of());
		expect(of(undefined, { compose: "detach" })).not.toBe(of());
	});
});

function madeAnew({ Config }: Inspected) {
	const Id = "1".repeat(64);
	return { Id, Config: { ...Config, Hostname: Id.slice(0, 12) } };
}
