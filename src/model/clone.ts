import { generationOf } from "./clone-generation.ts";
import { composeMarks, composeServiceOf, inheritedLabels, marksOf, nameEnd } from "./clone-labels.ts";
import { type Refusal, refusalsOf } from "./clone-refusals.ts";
import { digestOf } from "./digest.ts";
import { freshVolumes } from "./fresh-volumes.ts";
import type { Template, TemplateNetwork } from "./template.ts";

/** What is asked for of a clone, beside its original. */
export type CloneOrder = {
	/** From 1; one pool's clones have one each. */
	readonly ordinal: number;
	/** An id of the proxy, by which it knows its own clones again. */
	readonly owner: string;
	/** Of Ballast's labels. */
	readonly prefix: string;
	/** Whether Compose sees clones as containers of its project. */
	readonly compose: "join" | "detach";
	/** What of the host an original writes to: clones may write there, too, or there are none. */
	readonly volumes: "refuse" | "share";
	/** Fixed ports of the host: they rule clones out, or clones publish no port at all. */
	readonly ports: "refuse" | "drop";
};

export type Cloning =
	| { readonly kind: "clone"; readonly name: string; readonly generation: string; readonly body: CloneBody }
	| { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

/** For `POST /containers/create`, which takes it as it is (Docker API 1.44, engine 25: more than one network at once). */
export type CloneBody = {
	readonly [field: string]: unknown;
	readonly Image: string;
	readonly Labels: Readonly<Record<string, string>>;
	readonly HostConfig: Readonly<Record<string, unknown>>;
	readonly NetworkingConfig: { readonly EndpointsConfig: Readonly<Record<string, unknown>> };
};

/**
 * A clone is all that its original was asked to be, but for what belongs to one container alone. Whatever Docker has that
 * we don't know of is passed on.
 */
export function cloneOf(template: Template, order: CloneOrder): Cloning {
	const refusals = refusalsOf(template, order);
	if (refusals.length > 0) return { kind: "refused", refusals };
	const alike = bodyOf(template, order);
	const generation = generationOf(alike);
	const own = marksOf({ ...order, cloneOf: template.id, generation }, order.prefix);
	const Labels = { ...alike.Labels, ...composeMarks(alike.Labels, order.ordinal), ...own };
	return { kind: "clone", name: nameOf(template, order.ordinal), generation, body: { ...alike, Labels } };
}

/** The same for each: whoever is the second to make a clone learns from the engine that there is one. */
function nameOf({ name, config }: Template, ordinal: number): string {
	const base = composeServiceOf(config.Labels) ?? name;
	const short = base.length <= longestBase ? base : `${base.slice(0, longestBase - 13)}-${digestOf(base)}`;
	return `${short}${nameEnd(ordinal)}`;
}

/** With what is added, 63 at most: what a name in DNS may have. */
const longestBase = 48;

/** What all clones of one generation have alike. */
function bodyOf(template: Template, order: CloneOrder): CloneBody {
	const { config, hostConfig, networks } = template;
	const { Volumes, Binds, Mounts } = freshVolumes(template);
	const dropped = order.ports === "drop" ? { PortBindings: {}, PublishAllPorts: false } : {};
	const EndpointsConfig = Object.entries(networks).map(([name, at]) => [name, endpointOf(at, template)]);
	return {
		...without(config, "Hostname", "MacAddress"),
		...hostnameOf(template),
		Image: template.imageId,
		// Docker takes the image's for none, and none for this (moby `daemon/create.go`).
		Entrypoint: config.Entrypoint ?? [""],
		Labels: inheritedLabels(config.Labels, order.prefix, order.compose),
		Volumes,
		HostConfig: {
			...without(hostConfig, "ContainerIDFile"),
			Binds,
			Mounts,
			Links: hostConfig.Links.map(linkOf),
			...dropped,
		},
		NetworkingConfig: { EndpointsConfig: Object.fromEntries(EndpointsConfig) },
	};
}

/** Docker's own is the beginning of the id. In the host's UTS namespace there is none to give. */
function hostnameOf({ id, config, hostConfig }: Template): { readonly Hostname?: string } {
	const { Hostname } = config;
	const isGiven = Hostname !== "" && Hostname !== shortIdOf(id) && hostConfig.UTSMode !== "host";
	return isGiven ? { Hostname } : {};
}

function shortIdOf(id: string): string {
	return id.slice(0, 12);
}

/** Docker tells of `/other:/self/alias` what it was asked for as `other:alias`. */
function linkOf(link: string): string {
	const [, other, alias] = /^\/?([^:]+):.*?([^/]+)$/.exec(link) ?? [];
	return other === undefined || alias === undefined ? link : `${other}:${alias}`;
}

/** Compose has a container's own name among its aliases, engines before 25 the beginning of its id. */
function endpointOf({ aliases, links, options }: TemplateNetwork, { id, name }: Template) {
	const Aliases = aliases.filter((alias) => alias !== name && alias !== shortIdOf(id));
	return { Aliases: [...new Set(Aliases)], Links: links, ...options };
}

function without(
	fields: Readonly<Record<string, unknown>>,
	...left: readonly string[]
): Readonly<Record<string, unknown>> {
	return Object.fromEntries(Object.entries(fields).filter(([name]) => !left.includes(name)));
}
