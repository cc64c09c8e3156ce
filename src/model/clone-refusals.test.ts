import { expect, test } from "vitest";
import { firstClone, type Inspected, savedTemplate } from "../testing/templates.ts";
import { type CloneOrder, cloneOf } from "./clone.ts";

type Change = (inspected: Inspected) => void;

function refusals(change: Change, order: Partial<CloneOrder> = {}) {
	const cloning = cloneOf(savedTemplate("many-options", change), { ...firstClone, ...order });
	return cloning.kind === "refused" ? cloning.refusals : [];
}

const host =
	(fields: object): Change =>
	({ HostConfig }) =>
		Object.assign(HostConfig, fields);
const front =
	(fields: object): Change =>
	({ NetworkSettings }) =>
		Object.assign(NetworkSettings.Networks["front"] ?? {}, fields);
const volume = (fields: object): Change => host({ Mounts: [{ Type: "volume", Target: "/data", ...fields }] });

const cases: readonly (readonly [change: Change, message: string, hint: string])[] = [
	[
		host({ PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } }),
		"publishes port 8080 of the host, which one container alone can have",
		"ballast.scale.ports=drop",
	],
	[
		host({
			PortBindings: { "80/tcp": [{ HostPort: "80" }, { HostPort: "" }], "53/udp": [{ HostPort: "53" }] },
		}),
		"publishes ports 80, 53 of the host, which one container alone can have",
		"ballast.scale.ports=drop",
	],
	[
		front({ IPAMConfig: { IPv4Address: "10.0.0.9", IPv6Address: "fd00::9" } }),
		'has the fixed addresses "10.0.0.9", "fd00::9" in the network "front", which one container alone can have',
		"no label allows this",
	],
	[
		host({ NetworkMode: "host" }),
		'uses the network of the host (network_mode: "host"), where its port can be had once',
		"no label allows this",
	],
	[
		host({ NetworkMode: "container:db" }),
		'uses the network of another container (network_mode: "container:db"), where its port can be had once',
		"no label allows this",
	],
	[host({ Binds: ["data:/data"] }), 'writes to the volume "data", at "/data"', "ballast.scale.volumes=share"],
	[
		host({ Binds: ["/srv/data:/data:rw,z"] }),
		`writes to the host's "/srv/data", at "/data"`,
		"ballast.scale.volumes=share",
	],
	[volume({ Source: "data" }), 'writes to the volume "data", at "/data"', "ballast.scale.volumes=share"],
	[
		volume({ Type: "bind", Source: "/srv/data" }),
		`writes to the host's "/srv/data", at "/data"`,
		"ballast.scale.volumes=share",
	],
	[
		volume({ Type: "cluster", Source: "disk" }),
		'writes to the "cluster" "disk", at "/data"',
		"ballast.scale.volumes=share",
	],
	[
		host({ VolumesFrom: ["db:rw"] }),
		'writes to the volumes of the container "db" (--volumes-from)',
		"ballast.scale.volumes=share",
	],
	[
		host({ AutoRemove: true }),
		"is removed as soon as it stops (--rm), so that nothing could be stopped and woken again",
		"without --rm",
	],
	[
		({ Config }) => Object.assign(Config.Labels, { "com.docker.swarm.service.id": "x" }),
		"is a task of a Swarm service, whose number Swarm itself decides",
		"docker service scale",
	],
];

test.each(cases.map(([change, message, hint]) => ({ change, message, hint })))(
	"there is no clone of one that $message",
	({ change, message, hint }) => {
		expect(refusals(change)).toEqual([{ message, hint: expect.stringContaining(hint) }]);
	},
);

test.each<[string, Change, Partial<CloneOrder>?]>([
	[
		"a port of the host that may be any",
		host({ PortBindings: { "80/tcp": [{ HostPort: "0" }], "81/tcp": null } }),
	],
	["a range of ports", host({ PortBindings: { "80/tcp": [{ HostPort: "8000-8010" }] } })],
	["an address that Docker gave", front({ IPAMConfig: {}, IPAddress: "10.0.0.9" })],
	["a volume that is only read", volume({ Source: "data", ReadOnly: true })],
	["a place alone, which is an anonymous volume's", host({ Binds: ["/data"] })],
	["a directory that is only read", host({ Binds: ["/srv/data:/data:ro,z"] })],
	["another's volumes that are only read", host({ VolumesFrom: ["db:ro"] })],
	["a volume without a name", volume({})],
	["a volume that Docker named", volume({ Source: "1".repeat(64) })],
	["a place in memory", volume({ Type: "tmpfs" })],
	[
		"a fixed port, where clones publish none",
		host({ PortBindings: { "80/tcp": [{ HostPort: "80" }] } }),
		{ ports: "drop" },
	],
	["a volume that may be shared", volume({ Source: "data" }), { volumes: "share" }],
])("there are clones of one with %s", (_, change, order) => {
	expect(refusals(change, order)).toEqual([]);
});

test("every reason is told at once, by the labels' own prefix", () => {
	const everything: Change = (saved) => {
		host({ PortBindings: { "80/tcp": [{ HostPort: "80" }] }, Binds: ["a:/a", "/b:/b"], AutoRemove: true })(
			saved,
		);
		front({ IPAMConfig: { IPv4Address: "10.0.0.9" } })(saved);
	};

	const all = refusals(everything, { prefix: "lb." });

	expect(all.map(({ message }) => message.split(/[ ,(]+/, 3).join(" "))).toEqual([
		"publishes port 80",
		"has the fixed",
		"writes to the",
		"writes to the",
		"is removed as",
	]);
	expect(all.map(({ hint }) => /lb\.scale\.\w+=\w+/.exec(hint)?.[0])).toEqual([
		"lb.scale.ports=drop",
		undefined,
		"lb.scale.volumes=share",
		"lb.scale.volumes=share",
		undefined,
	]);
});

test("a reason is one line, whatever a path holds", () => {
	const [reason] = refusals(host({ Binds: ["/srv/\u001b[2J\nfake:/data"] }));

	expect(reason?.message).toBe(String.raw`writes to the host's "/srv/\u001b[2J\nfake", at "/data"`);
});
