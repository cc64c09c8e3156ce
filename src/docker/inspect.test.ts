import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Container } from "../model/container.ts";
import { containerOf } from "./inspect.ts";

/** As `docker inspect` of engine 26.1 printed them. */
function saved(name: string) {
	return JSON.parse(readFileSync(join(import.meta.dirname, "testdata", `${name}.json`), "utf8"));
}

const expected: readonly (readonly [string, string, Partial<Container>])[] = [
	[
		"healthy",
		"a healthy container with labels of its own and a port of its image",
		{
			id: "5973bacfd7f66791b43b91e01ba881b3879768a23b198943ac2f8f99412bd56c",
			name: "shop",
			image: "ballast/webapp",
			created: "2026-11-21T13:24:27.29728443Z",
			state: "running",
			startedAt: "2026-11-21T13:24:27.615200785Z",
			health: "healthy",
			exitCode: 0,
			outOfMemory: false,
			labels: { "ballast.port": "3000", role: "backend" },
			exposedPorts: [3000],
			publishedPorts: [],
			networkMode: "front",
			networks: [
				{
					network: "front",
					networkId: "45d0d0dc6fbf72e674ed828c7268f4199b592751282bcd89edb8b33424b3e39f",
					ipv4: "10.213.6.2",
					ipv6: "",
					gateways: ["10.213.6.1"],
				},
			],
			stopSignal: "SIGTERM",
			stopTimeout: 10,
		},
	],
	[
		"paused-in-two-networks",
		"a paused one in two networks, with TCP and UDP ports and a stop signal of its own",
		{
			state: "paused",
			health: "none",
			exposedPorts: [9000, 9001],
			publishedPorts: [{ address: "127.0.0.1", port: 32768 }],
			networks: [
				expect.objectContaining({ network: "back", ipv4: "10.213.5.2", ipv6: "fd00:213:5::2" }),
				expect.objectContaining({ network: "front", ipv4: "10.213.6.2", ipv6: "" }),
			],
			stopSignal: "SIGRTMIN+3",
			stopTimeout: 7,
		},
	],
	[
		"host-network",
		"one in the host's network, which has no address, and an endless stop timeout",
		{ networkMode: "host", networks: [], labels: {}, exposedPorts: [], stopTimeout: 31_536_000 },
	],
	["died", "one that died, which has left its networks", { state: "exited", exitCode: 3, networks: [] }],
];

test.each(expected)("the saved inspect %s is %s", (name, _, container) => {
	expect(containerOf(saved(name))).toMatchObject(container);
});

test.each([
	["stopped", "exited"],
	["configured", "created"],
	["stopping", "running"],
])("podman's state %s is Docker's %s", (podman, docker) => {
	const json = saved("healthy");
	json.State.Status = podman;

	expect(containerOf(json).state).toBe(docker);
});

test("a number as stop signal and an empty health status, as podman has them, are understood", () => {
	const json = saved("healthy");
	json.Config.StopSignal = 15;
	json.State.Health.Status = "";

	expect(containerOf(json)).toMatchObject({ stopSignal: "SIGTERM", health: "none" });
});

test("absent labels, ports and networks are none", () => {
	const json = saved("healthy");
	json.Config.Labels = null;
	json.Config.ExposedPorts = null;
	json.NetworkSettings.Networks = null;

	expect(containerOf(json)).toMatchObject({ labels: {}, exposedPorts: [], networks: [] });
});

test("a port that Compose exposes has no protocol, is TCP, and is the same as the image's own", () => {
	const json = saved("healthy");
	json.Config.ExposedPorts = { "3000": {}, "3000/tcp": {}, "4000": {}, "53/udp": {} };

	expect(containerOf(json)).toMatchObject({ exposedPorts: [3000, 4000] });
});

test.each([
	["Id", "f00", "at Id, expected 64 hexadecimal digits"],
	["Name", "/a\nserver evil", "at Name, expected a container's name"],
	["State", { Status: "flying" }, "at State.Status, expected"],
	[
		"NetworkSettings",
		{ Networks: { a: { NetworkID: "b", IPAddress: "1.2.3.4; evil" } } },
		"IPAddress, expected an IP",
	],
])("promise 2: an inspect whose %s is %j is refused as a whole", (field, value, message) => {
	expect(() => containerOf({ ...saved("healthy"), [field]: value })).toThrow(message);
});
