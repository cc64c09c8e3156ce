import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A container as the fake engine holds it; what `inspect` and the list answer is made of it. */
export type FakeContainer = {
	readonly id: string;
	readonly name: string;
	readonly labels?: Readonly<Record<string, string>>;
	readonly status?: "created" | "running" | "paused" | "restarting" | "exited";
	readonly startedAt?: string;
	readonly exitCode?: number;
	readonly stopSignal?: string;
	readonly stopTimeout?: number;
	readonly health?: string;
	readonly address?: string;
	/** Of TCP, exposed. */
	readonly ports?: readonly number[];
	readonly networkMode?: string;
	/** The network that its address is in; without it, the engine's only bridge. */
	readonly network?: string;
	readonly gateway?: string;
	/** What it has used of one processor since its start, in milliseconds; undefined: nothing is counted. */
	readonly usedMs?: number;
	/** Laid over the whole body that `inspect` would answer. */
	readonly inspect?: Readonly<Record<string, unknown>>;
};

export type Filters = Readonly<Record<string, readonly string[]>>;

/** 64 hexadecimal digits, always the same ones for a name, of which the first eight are as unlike another's as Docker's are. */
export function fakeId(name: string): string {
	const begin = createHash("sha256").update(name).digest("hex").slice(0, 8);
	return `${begin}${Buffer.from(name).toString("hex")}`.padEnd(64, "0").slice(0, 64);
}

/** By label, as `key=value` or a bare key; by status, without which an engine lists what runs. */
export function isListed(
	{ labels = {}, status: own = "running" }: FakeContainer,
	{ label = [], status = ["running"] }: Filters,
): boolean {
	return status.includes(own) && label.every((wanted) => wanted in labels || pairs(labels).includes(wanted));
}

function pairs(labels: Readonly<Record<string, string>>): readonly string[] {
	return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

/** An entry of `GET /containers/json`. `now` is the engine's clock, in milliseconds since 1970. */
export function listEntry(container: FakeContainer, now: number): unknown {
	const { id, name, status = "running" } = container;
	return {
		Id: id,
		Names: [`/${name}`],
		Image: "fake:latest",
		ImageID: real.Image,
		Command: "fake",
		Created: Math.floor(Date.parse(created) / 1000),
		Ports: (container.ports ?? []).map((port) => ({ PrivatePort: port, Type: "tcp" })),
		Labels: container.labels ?? {},
		State: status,
		Status: statusText(container, now),
		HostConfig: { NetworkMode: container.networkMode ?? "fake-net" },
		NetworkSettings: { Networks: networksOf(container) },
		Mounts: [],
	};
}

/** What `GET /containers/<id>/json` answers: as much as a real engine says, so that reading it costs as much. */
export function inspectOf(container: FakeContainer): unknown {
	const { id, name, status = "running", ports = [] } = container;
	return {
		...real,
		Id: id,
		Name: `/${name}`,
		Created: created,
		State: {
			Status: status,
			StartedAt: container.startedAt ?? started,
			ExitCode: container.exitCode ?? 0,
			OOMKilled: false,
			...(container.health === undefined ? {} : { Health: { Status: container.health } }),
		},
		Config: {
			Image: "fake:latest",
			Labels: container.labels ?? {},
			ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
			StopSignal: container.stopSignal,
			StopTimeout: container.stopTimeout,
		},
		HostConfig: { ...real.HostConfig, NetworkMode: container.networkMode ?? "fake-net" },
		NetworkSettings: { Networks: networksOf(container) },
		...container.inspect,
	};
}

/** What `GET /containers/<id>/stats` answers of processors. Of one that does not run there are zeros, and a time of the year 1. */
export function statsOf({ usedMs = 0, status = "running" }: FakeContainer, now: number): unknown {
	const isUp = status === "running" || status === "paused";
	return {
		read: isUp ? new Date(now).toISOString() : "0001-01-01T00:00:00Z",
		cpu_stats: {
			cpu_usage: { total_usage: isUp ? usedMs * 1e6 : 0 },
			...(isUp && { system_cpu_usage: now * 2e6, online_cpus: 2 }),
		},
	};
}

const created = "2026-01-01T00:00:00.000000001Z";
const started = "2026-01-01T00:00:01.123456789Z";

/** An answer of Docker 26.1. */
const real: { readonly Image: string; readonly HostConfig: object } = JSON.parse(
	readFileSync(new URL("../docker/testdata/healthy.json", import.meta.url), "utf8"),
);

/** One in another's network has none of its own. A stopped one is still in its networks, without an address. */
function networksOf(container: FakeContainer): unknown {
	const { networkMode = "", network, gateway, status = "running" } = container;
	if (networkMode === "host" || networkMode.startsWith("container:")) return {};
	const isUp = status === "running" || status === "paused";
	const place = {
		NetworkID: fakeId(network ?? "net"),
		IPAddress: isUp ? (container.address ?? "10.0.0.2") : "",
		GlobalIPv6Address: "",
		Gateway: gateway ?? "",
		IPv6Gateway: "",
	};
	return { [network ?? "fake-net"]: place };
}

/** moby `container/state.go`, String: `Up 5 minutes (healthy)`, `Up 2 hours (Paused)`, `Exited (0) 3 days ago`. */
function statusText(
	{ status = "running", startedAt, health, exitCode = 0 }: FakeContainer,
	now: number,
): string {
	const age = humanDuration((now - Date.parse(startedAt ?? started)) / 1000);
	if (status === "created") return "Created";
	if (status === "paused") return `Up ${age} (Paused)`;
	if (status !== "running")
		return `${status === "exited" ? "Exited" : "Restarting"} (${exitCode}) ${age} ago`;
	if (health === undefined) return `Up ${age}`;
	return `Up ${age} (${health === "starting" ? "health: starting" : health})`;
}

/** docker/go-units `duration.go`. */
function humanDuration(seconds: number): string {
	const minutes = Math.floor(seconds / 60);
	const hours = Math.floor(seconds / 3600 + 0.5);
	if (seconds < 1) return "Less than a second";
	if (seconds < 2) return "1 second";
	if (seconds < 60) return `${Math.floor(seconds)} seconds`;
	if (minutes < 60) return minutes === 1 ? "About a minute" : `${minutes} minutes`;
	if (hours < 48) return hours === 1 ? "About an hour" : `${hours} hours`;
	if (hours < 24 * 14) return `${Math.floor(hours / 24)} days`;
	if (hours < 24 * 60) return `${Math.floor(hours / 24 / 7)} weeks`;
	if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
	return `${Math.floor(seconds / 3600 / 24 / 365)} years`;
}
