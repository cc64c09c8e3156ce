import { isIP } from "node:net";
import * as v from "valibot";
import type { Attachment, Container, Publication } from "../model/container.ts";
import { answerOf, fullId } from "./answer.ts";
import { limitOf, limits } from "./processors.ts";
import { signalName, signalNumber } from "./signals.ts";

/** Docker waits for ever at -1. A year is as long to us, and stays a number of seconds everywhere. */
const endless = 31_536_000;

const states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"] as const;

/** `podman inspect` has words of its own where its Docker-compatible API has Docker's. */
const podmanStates: Readonly<Record<string, string>> = {
	configured: "created",
	initialized: "created",
	stopping: "running",
	stopped: "exited",
};

const time = v.pipe(
	v.string(),
	v.check((text) => !Number.isNaN(Date.parse(text)), "a time in ISO 8601"),
);

const address = v.pipe(
	v.optional(v.string(), ""),
	v.check((text) => text === "" || isIP(text) !== 0, "an IP address or nothing"),
);

const network = v.object({
	NetworkID: v.string(),
	IPAddress: address,
	GlobalIPv6Address: address,
	Gateway: address,
	IPv6Gateway: address,
});

/** By name, as an inspect and a list have them alike. */
export const networks = v.nullish(v.record(v.string(), network));

const binding = v.object({ HostIp: v.optional(v.string(), ""), HostPort: v.string() });

const inspected = v.object({
	Id: fullId,
	Name: v.pipe(v.string(), v.regex(/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]*$/, "a container's name")),
	Created: time,
	State: v.object({
		Status: v.pipe(
			v.string(),
			v.transform((status) => podmanStates[status] ?? status),
			v.picklist(states),
		),
		StartedAt: time,
		ExitCode: v.number(),
		OOMKilled: v.optional(v.boolean(), false),
		// Podman has an empty status where there is no health check.
		Health: v.nullish(v.object({ Status: v.picklist(["", "none", "starting", "healthy", "unhealthy"]) })),
	}),
	Config: v.object({
		Image: v.string(),
		Labels: v.optional(v.nullable(v.record(v.string(), v.string()), {}), {}),
		ExposedPorts: v.nullish(v.record(v.string(), v.unknown())),
		// A number in older podmans.
		StopSignal: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String)), "SIGTERM"),
		StopTimeout: v.optional(v.nullable(v.pipe(v.number(), v.integer("whole seconds")), 10), 10),
	}),
	HostConfig: v.object({
		NetworkMode: v.string(),
		AutoRemove: v.optional(v.boolean(), false),
		...limits,
	}),
	NetworkSettings: v.object({
		Networks: networks,
		Ports: v.nullish(v.record(v.string(), v.nullable(v.array(binding)))),
	}),
});

type Inspected = v.InferOutput<typeof inspected>;

/** One object of `docker inspect` in our own words. Throws `AppError` `docker-nonsense` when any field is not as expected. */
export function containerOf(json: unknown): Container {
	const { Id, Name, Created, State, Config, HostConfig, NetworkSettings } = answerOf(
		inspected,
		json,
		"an inspected container",
	);
	const processors = limitOf(HostConfig);
	return {
		id: Id,
		name: Name.replace(/^\//, ""),
		image: Config.Image,
		created: Created,
		state: State.Status,
		startedAt: State.StartedAt,
		health: State.Health?.Status || "none",
		exitCode: State.ExitCode,
		outOfMemory: State.OOMKilled,
		labels: Config.Labels,
		exposedPorts: tcpPortsOf(Config.ExposedPorts ?? {}),
		publishedPorts: publicationsOf(NetworkSettings.Ports ?? {}),
		networkMode: HostConfig.NetworkMode,
		networks: attachmentsOf(NetworkSettings.Networks ?? {}),
		stopSignal: stopSignalOf(Config.StopSignal),
		stopTimeout: Config.StopTimeout < 0 ? endless : Config.StopTimeout,
		...(processors !== undefined && { processors }),
		...(HostConfig.AutoRemove && { endsForGood: true }),
	};
}

/** Docker's keys are `3000/tcp` and `53/udp`; what Compose has under `expose` comes as `3000`, and is TCP. */
function tcpPortsOf(exposed: Readonly<Record<string, unknown>>): readonly number[] {
	const ports = Object.keys(exposed)
		.flatMap((key) => /^(\d+)(?:\/tcp)?$/.exec(key)?.[1] ?? [])
		.map(Number);
	return [...new Set(ports)].sort((a, b) => a - b);
}

type Ports = NonNullable<Inspected["NetworkSettings"]["Ports"]>;

/** Null is a port that is exposed alone. */
function publicationsOf(ports: Ports): readonly Publication[] {
	return Object.entries(ports)
		.filter(([key]) => key.endsWith("/tcp"))
		.flatMap(([, bindings]) => bindings ?? [])
		.map(({ HostIp, HostPort }) => ({ address: HostIp, port: Number(HostPort) }));
}

type Networks = NonNullable<v.InferOutput<typeof networks>>;

/** A stopped container is still listed in its networks, and one in the host's own is in `host`: both without an address. */
export function attachmentsOf(places: Networks): readonly Attachment[] {
	return Object.entries(places)
		.filter(([, at]) => at.IPAddress !== "" || at.GlobalIPv6Address !== "")
		.map(([name, at]) => ({
			network: name,
			networkId: at.NetworkID,
			ipv4: at.IPAddress,
			ipv6: at.GlobalIPv6Address,
			gateways: [at.Gateway, at.IPv6Gateway].filter((gateway) => gateway !== ""),
		}));
}

/** Dockerfiles say `TERM`, `SIGTERM` and `15` alike. Docker falls back to its default for what is no signal at all. */
function stopSignalOf(text: string): string {
	const number = signalNumber(text);
	return number === undefined ? "SIGTERM" : signalName(number);
}
