import { describe, expect, test } from "vitest";
import { firstClone, type Inspected, type Saved, savedInspect, savedTemplate } from "../testing/templates.ts";
import { type CloneOrder, cloneOf } from "./clone.ts";

type Change = (inspected: Inspected) => void;

function clone(name: Saved, change?: Change, order: Partial<CloneOrder> = {}) {
	const cloning = cloneOf(savedTemplate(name, change), { ...firstClone, ...order });
	if (cloning.kind === "refused") throw new Error(JSON.stringify(cloning.refusals));
	return cloning;
}

describe("a clone is what its original was asked to be", () => {
	test("it has the image by its id, and every other option as it is", () => {
		const { Id, Image, Config, HostConfig } = savedInspect("many-options");

		const { body } = clone("many-options");

		const { Hostname, Image: named, Labels, Entrypoint, ...config } = Config;
		const { ContainerIDFile, VolumesFrom, Links, ...hostConfig } = HostConfig;
		expect([Hostname, named, Entrypoint, ContainerIDFile, VolumesFrom, Links]).toEqual([
			...[Id.slice(0, 12), "ballast/base", null, "", null, null],
		]);
		expect(body).toEqual({
			...config,
			Image,
			Entrypoint: [""],
			Labels: expect.objectContaining(Labels),
			HostConfig: { ...hostConfig, VolumesFrom: [], Links: [] },
			NetworkingConfig: {
				EndpointsConfig: {
					back: { Aliases: ["inner"], Links: [] },
					front: { Aliases: ["shop", "store"], Links: [] },
				},
			},
		});
	});

	test("it has fields that only a newer engine has", () => {
		const { body } = clone("many-options", ({ Config, HostConfig }) => {
			Object.assign(Config, { Novelty: 1 });
			Object.assign(HostConfig, { Marvel: { on: true } });
		});

		expect(body).toMatchObject({ Novelty: 1, HostConfig: { Marvel: { on: true } } });
	});

	test.each<[string, Change, object]>([
		[
			"a hostname that was given",
			({ Config }) => Object.assign(Config, { Hostname: "app" }),
			{ Hostname: "app" },
		],
		[
			"a hostname that was given, even if the id begins so",
			(saved) => Object.assign(saved.Config, { Hostname: saved.Id.slice(0, 2) }),
			{ Hostname: savedInspect("many-options").Id.slice(0, 2) },
		],
		[
			"an entrypoint",
			({ Config }) => Object.assign(Config, { Entrypoint: ["/run.sh"] }),
			{ Entrypoint: ["/run.sh"] },
		],
		[
			"links to others, in the words of a request",
			({ HostConfig }) => Object.assign(HostConfig, { Links: ["/db:/many/database"] }),
			{ HostConfig: { Links: ["db:database"] } },
		],
		[
			"ports published anywhere, or within a range",
			({ HostConfig }) =>
				Object.assign(HostConfig, {
					PortBindings: { "80/tcp": [{ HostPort: "8000-8010" }, { HostPort: "0" }] },
				}),
			{ HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8000-8010" }, { HostPort: "0" }] } } },
		],
		[
			"a graphics card",
			({ HostConfig }) =>
				Object.assign(HostConfig, { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] }),
			{ HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] } },
		],
	])("it has %s", (_, change, expected) => {
		expect(clone("many-options", change).body).toMatchObject(expected);
	});
});

describe("what is of one container alone is left out", () => {
	test.each<[string, Change, string]>([
		["the hostname that Docker made of its id", () => undefined, "Hostname"],
		[
			"a MAC address",
			({ Config }) => Object.assign(Config, { MacAddress: "02:42:ac:11:00:99" }),
			"MacAddress",
		],
		[
			"the host's own name",
			(saved) => {
				Object.assign(saved.HostConfig, { UTSMode: "host" });
				Object.assign(saved.Config, { Hostname: "machine" });
			},
			"Hostname",
		],
	])("%s", (_, change, field) => {
		expect(clone("many-options", change).body).not.toHaveProperty(field);
	});

	test("its own name and the beginning of its id among its aliases", () => {
		const { body } = clone("of-compose", ({ Id, NetworkSettings }) => {
			const inner = NetworkSettings.Networks["shop_inner"] ?? {};
			inner["Aliases"] = ["shop-web-1", "web", "in", Id.slice(0, 12), "web"];
		});

		const Links = ["shop-db-1:database", "shop-db-1:db-1", "shop-db-1:shop-db-1"];
		expect(body.NetworkingConfig.EndpointsConfig).toEqual({
			shop_default: { Aliases: ["web"], Links },
			shop_inner: { Aliases: ["web", "in"], Links },
		});
	});

	test("volumes without a name, however they are written: the clone gets its own", () => {
		const name = "f8fb3e71491d0b45f9283985a3bd14d7ac17bce2637bc10974cee10fe8868361";
		const { body } = clone("of-compose", ({ Config, HostConfig }) => {
			Config["Volumes"] = { "/a": {} };
			HostConfig["Binds"] = ["/srv/shop:/conf:ro", `${name}:/b:rw`, "/f"];
			HostConfig["Mounts"] = [
				{ Type: "volume", Target: "/c", VolumeOptions: {} },
				{ Type: "volume", Source: name, Target: "/d" },
				{ Type: "volume", Source: name, Target: "/e", VolumeOptions: { NoCopy: true } },
				{ Type: "volume", Source: "shop_named", Target: "/named", ReadOnly: true, VolumeOptions: {} },
			];
		});

		expect(body).toMatchObject({ Volumes: { "/a": {}, "/b": {}, "/f": {} } });
		expect(body.HostConfig).toMatchObject({ Binds: ["/srv/shop:/conf:ro"] });
		expect(body.HostConfig["Mounts"]).toEqual([
			{ Type: "volume", Target: "/c" },
			{ Type: "volume", Target: "/d" },
			{ Type: "volume", Target: "/e", VolumeOptions: { NoCopy: true } },
			{ Type: "volume", Source: "shop_named", Target: "/named", ReadOnly: true, VolumeOptions: {} },
		]);
	});
});

describe("a label allows what would be refused", () => {
	const ports: Change = ({ HostConfig }) => {
		HostConfig["PortBindings"] = {
			"80/tcp": [{ HostIp: "", HostPort: "8080" }],
			"81/tcp": [{ HostPort: "" }],
		};
		HostConfig["PublishAllPorts"] = true;
	};

	test("with ports=drop a clone publishes none", () => {
		expect(clone("many-options", ports, { ports: "drop" }).body.HostConfig).toMatchObject({
			PortBindings: {},
			PublishAllPorts: false,
		});
	});

	test("with volumes=share a clone has the very volumes and directories of its original", () => {
		const shared = {
			Binds: ["data:/data", "/srv/data:/srv:rw"],
			Mounts: [{ Type: "volume", Source: "more", Target: "/more" }],
			VolumesFrom: ["other"],
		};
		const change: Change = ({ HostConfig }) => Object.assign(HostConfig, shared);

		expect(clone("many-options", change, { volumes: "share" }).body.HostConfig).toMatchObject(shared);
	});
});

describe("the name of a clone", () => {
	const named =
		(name: string): Change =>
		(saved) =>
			Object.assign(saved, { Name: `/${name}` });

	test.each<[string, Saved, Change, number, string]>([
		["its original's", "many-options", named("web"), 1, "web-scale-1"],
		["its project's and service's", "of-compose", named("other"), 12, "shop-web-scale-12"],
		[
			"its own, where labels make none",
			"of-compose",
			({ Config }) => Object.assign(Config.Labels, { "com.docker.compose.project": "../x y" }),
			1,
			"shop-web-1-scale-1",
		],
		["as long as it may be", "many-options", named("a".repeat(48)), 2, `${"a".repeat(48)}-scale-2`],
	])("is made of %s", (_, saved, change, ordinal, name) => {
		expect(clone(saved, change, { ordinal }).name).toBe(name);
	});

	test("is cut when it is long, and those of two originals stay two", () => {
		const [one, other] = ["b", "c"].map(
			(end) => clone("many-options", named(`${"a".repeat(80)}${end}`)).name,
		);

		expect(one).toMatch(/^a{35}-[0-9a-f]{12}-scale-1$/);
		expect(one).not.toBe(other);
	});
});
