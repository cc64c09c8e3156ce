import { expect, test } from "vitest";
import { type Inspected, savedInspect } from "../testing/templates.ts";
import { templateOf } from "./template.ts";

test("a saved inspect becomes a template that keeps what we have no word for", () => {
	const inspected = savedInspect("many-options");

	const template = templateOf(inspected);

	expect(template).toMatchObject({
		name: "many",
		imageId: "sha256:24807faca11b06015609aa7e490db2183cb6a58a1feed6b009d9509fd3ff2d40",
		networks: {
			front: { aliases: ["shop", "store"], links: [], options: {}, fixedAddresses: [] },
			back: { aliases: ["inner"], links: [], options: {}, fixedAddresses: [] },
		},
	});
	expect(template.config).toEqual(inspected.Config);
	expect(template.hostConfig).toEqual({ ...inspected.HostConfig, VolumesFrom: [], Links: [] });
});

test("of a network it has what was asked for: links, options, and addresses if they were", () => {
	const inspected = savedInspect("of-compose", ({ NetworkSettings }) => {
		Object.assign(NetworkSettings.Networks["shop_inner"] ?? {}, {
			IPAMConfig: { IPv4Address: "10.0.0.9", IPv6Address: "", LinkLocalIPs: ["169.254.1.1"] },
			DriverOpts: { "com.docker.network.endpoint.ifname": "inner0" },
			GwPriority: 7,
		});
	});

	expect(templateOf(inspected).networks["shop_inner"]).toEqual({
		aliases: ["shop-web-1", "web", "in"],
		links: ["shop-db-1:database", "shop-db-1:db-1", "shop-db-1:shop-db-1"],
		options: { DriverOpts: { "com.docker.network.endpoint.ifname": "inner0" }, GwPriority: 7 },
		fixedAddresses: ["10.0.0.9", "169.254.1.1"],
	});
});

test("what Docker leaves out or says null for is none", () => {
	const inspected = savedInspect("many-options", (saved) => {
		saved.Config["Volumes"] = null;
		saved.HostConfig = { NetworkMode: "none", Binds: null, PortBindings: null };
		saved.NetworkSettings.Networks = {};
	});

	expect(templateOf(inspected)).toMatchObject({
		config: { Volumes: {} },
		hostConfig: { AutoRemove: false, Binds: [], Mounts: [], VolumesFrom: [], Links: [], PortBindings: {} },
		networks: {},
	});
});

test.each<[string, (inspected: Inspected) => void, string]>([
	["no image", (saved) => Object.assign(saved, { Image: null }), "at Image, expected string, got null"],
	[
		"a bind that is no text",
		({ HostConfig }) => Object.assign(HostConfig, { Binds: [1] }),
		"at HostConfig.Binds.0",
	],
	["a label that is no text", ({ Config }) => Object.assign(Config.Labels, { a: 1 }), "at Config.Labels.a"],
])("promise 2: an inspect with %s is refused as a whole", (_, change, message) => {
	expect(() => templateOf(savedInspect("many-options", change))).toThrow(message);
});
