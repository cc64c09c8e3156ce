import * as v from "valibot";
import type { Container } from "../model/container.ts";
import type { PoolMemory } from "../model/scale-memory.ts";
import type { Template } from "../model/template.ts";

const texts = v.array(v.string());
const labels = v.record(v.string(), v.string());
const fields = v.record(v.string(), v.unknown());

const container = v.object({
	id: v.string(),
	name: v.string(),
	image: v.string(),
	created: v.string(),
	state: v.picklist(["created", "running", "paused", "restarting", "removing", "exited", "dead"]),
	startedAt: v.string(),
	health: v.picklist(["none", "starting", "healthy", "unhealthy"]),
	exitCode: v.number(),
	outOfMemory: v.boolean(),
	labels,
	exposedPorts: v.array(v.number()),
	publishedPorts: v.array(v.object({ address: v.string(), port: v.number() })),
	networkMode: v.string(),
	networks: v.array(
		v.object({
			network: v.string(),
			networkId: v.string(),
			ipv4: v.string(),
			ipv6: v.string(),
			gateways: texts,
		}),
	),
	stopSignal: v.string(),
	stopTimeout: v.number(),
}) satisfies v.GenericSchema<unknown, Container>;

const mount = v.looseObject({
	Type: v.string(),
	Source: v.optional(v.string()),
	Target: v.string(),
	ReadOnly: v.optional(v.boolean()),
});

const template = v.object({
	id: v.string(),
	name: v.string(),
	imageId: v.string(),
	config: v.looseObject({
		Hostname: v.string(),
		Entrypoint: v.nullish(texts),
		Labels: labels,
		Volumes: fields,
	}),
	hostConfig: v.looseObject({
		NetworkMode: v.string(),
		UTSMode: v.string(),
		AutoRemove: v.boolean(),
		Binds: texts,
		Mounts: v.array(mount),
		VolumesFrom: texts,
		Links: texts,
		PortBindings: v.record(v.string(), v.nullable(v.array(v.looseObject({ HostPort: v.string() })))),
	}),
	networks: v.record(
		v.string(),
		v.object({ aliases: texts, links: texts, options: fields, fixedAddresses: texts }),
	),
}) satisfies v.GenericSchema<unknown, Template>;

const pool = v.object({
	original: container,
	template,
	ordered: v.optional(v.union([v.number(), v.literal("paused")])),
	members: v.array(v.object({ id: v.string(), name: v.string(), isClone: v.boolean() })),
	parked: texts,
	failures: v.optional(v.object({ count: v.number(), name: v.string() })),
}) satisfies v.GenericSchema<unknown, PoolMemory>;

/** What is in the file. `for`: the join label and the prefix of Ballast's labels, which it is about. */
export const scaleMemoryFile = v.object({
	for: v.string(),
	heardUntil: v.optional(v.number()),
	stopped: texts,
	ours: texts,
	pools: v.record(v.string(), pool),
});
