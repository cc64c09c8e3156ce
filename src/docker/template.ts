import * as v from "valibot";
import type { Template, TemplateNetwork } from "../model/template.ts";
import { answerOf, fullId } from "./answer.ts";

/** Docker writes null for an empty list or map, and may leave either out. */
const texts = v.optional(v.nullable(v.array(v.string()), []), []);
const options = v.optional(v.nullable(v.record(v.string(), v.unknown()), {}), {});

const portBinding = v.looseObject({ HostPort: v.optional(v.string(), "") });

const mount = v.looseObject({
	Type: v.string(),
	Source: v.optional(v.string()),
	Target: v.string(),
	ReadOnly: v.optional(v.boolean()),
});

const network = v.object({
	Aliases: texts,
	Links: texts,
	DriverOpts: v.nullish(v.record(v.string(), v.string())),
	GwPriority: v.optional(v.number(), 0),
	IPAMConfig: options,
});

const inspected = v.object({
	Id: fullId,
	Name: v.string(),
	Image: v.string(),
	Config: v.looseObject({
		Hostname: v.optional(v.string(), ""),
		Entrypoint: v.nullish(v.array(v.string())),
		Labels: v.optional(v.nullable(v.record(v.string(), v.string()), {}), {}),
		Volumes: options,
	}),
	HostConfig: v.looseObject({
		NetworkMode: v.string(),
		UTSMode: v.optional(v.string(), ""),
		AutoRemove: v.optional(v.boolean(), false),
		Binds: texts,
		Mounts: v.optional(v.nullable(v.array(mount), []), []),
		VolumesFrom: texts,
		Links: texts,
		PortBindings: v.optional(v.nullable(v.record(v.string(), v.nullable(v.array(portBinding))), {}), {}),
	}),
	NetworkSettings: v.object({
		Networks: v.optional(v.nullable(v.record(v.string(), network), {}), {}),
	}),
});

/** One object of `docker inspect`, as a template. Throws `AppError` `docker-nonsense` when a field that we judge by is not as expected. */
export function templateOf(json: unknown): Template {
	const { Id, Name, Image, Config, HostConfig, NetworkSettings } = answerOf(
		inspected,
		json,
		"an inspected container",
	);
	const networks = Object.entries(NetworkSettings.Networks).map(([name, at]) => [name, networkOf(at)]);
	return {
		id: Id,
		name: Name.replace(/^\//, ""),
		imageId: Image,
		config: Config,
		hostConfig: HostConfig,
		networks: Object.fromEntries(networks),
	};
}

/** The rest of what Docker has there is given out at each start: addresses, gateways, the endpoint. */
function networkOf(at: v.InferOutput<typeof network>): TemplateNetwork {
	const { DriverOpts, GwPriority } = at;
	const addresses = Object.values(at.IPAMConfig).flat();
	return {
		aliases: at.Aliases,
		links: at.Links,
		options: { ...(DriverOpts && { DriverOpts }), ...(GwPriority !== 0 && { GwPriority }) },
		fixedAddresses: addresses.flatMap((one) => (typeof one === "string" && one !== "" ? one : [])),
	};
}
