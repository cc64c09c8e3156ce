import type { CloneOrder } from "./clone.ts";
import { bindOf, isAnonymousName } from "./fresh-volumes.ts";
import { printable } from "./labels.ts";
import type { Template, TemplateMount } from "./template.ts";

/** Why a container has no clones. */
export type Refusal = {
	/** What it does, to be read after its name: `publishes port 8080 of the host`. */
	readonly message: string;
	/** What to change, and which label allows it, where one does. */
	readonly hint: string;
};

/** Every reason at once; none, and it can be cloned. */
export function refusalsOf(template: Template, order: CloneOrder): readonly Refusal[] {
	return [
		...portRefusals(template, order),
		...addressRefusals(template),
		...modeRefusals(template),
		...writingRefusals(template, order),
		...lifeRefusals(template),
	];
}

/** A range, or any port, leaves some for clones. */
function portRefusals({ hostConfig }: Template, { ports, prefix }: CloneOrder): readonly Refusal[] {
	const bindings = Object.values(hostConfig.PortBindings).flatMap((some) => some ?? []);
	const fixed = new Set(bindings.map(({ HostPort }) => HostPort).filter((port) => /^[1-9]\d*$/.test(port)));
	if (ports === "drop" || fixed.size === 0) return [];
	return [
		{
			message: `publishes ${counted("port", [...fixed])} of the host, which one container alone can have`,
			hint: `publish no fixed port of the host, or set ${prefix}scale.ports=drop: clones then publish none`,
		},
	];
}

function addressRefusals({ networks }: Template): readonly Refusal[] {
	return Object.entries(networks)
		.filter(([, { fixedAddresses }]) => fixedAddresses.length > 0)
		.map(([name, { fixedAddresses }]) => ({
			message: `has the fixed ${counted("address", fixedAddresses.map(printable))} in the network ${printable(name)}, which one container alone can have`,
			hint: "leave the address to Docker, and reach it by its name or by way of the proxy; no label allows this",
		}));
}

/** Two containers there listen at the same port of the same address. */
function modeRefusals({ hostConfig: { NetworkMode } }: Template): readonly Refusal[] {
	const owner =
		NetworkMode === "host"
			? "the host"
			: NetworkMode.startsWith("container:")
				? "another container"
				: undefined;
	if (owner === undefined) return [];
	return [
		{
			message: `uses the network of ${owner} (network_mode: ${printable(NetworkMode)}), where its port can be had once`,
			hint: "put it into a network of its own that the proxy is in; no label allows this",
		},
	];
}

/**
 * A directory of the host is no safer than a named volume: what one app writes there, another that believes itself alone
 * may destroy. Nobody can tell from outside which app is fit for it.
 */
function writingRefusals({ hostConfig }: Template, { volumes, prefix }: CloneOrder): readonly Refusal[] {
	if (volumes === "share") return [];
	const hint = `mount it read-only if it is only read; if several may write there at once, set ${prefix}scale.volumes=share`;
	const binds = hostConfig.Binds.map(bindOf)
		.filter(({ source, isReadOnly }) => !isReadOnly && !isAnonymousName(source))
		.map(({ source, place }) => `writes to ${kindOf(source)} ${printable(source)}, at ${printable(place)}`);
	const mounts = hostConfig.Mounts.filter(isShared).map(
		({ Type, Source = "", Target }) =>
			`writes to ${Type === "bind" ? "the host's" : `the ${Type === "volume" ? Type : printable(Type)}`} ${printable(Source)}, at ${printable(Target)}`,
	);
	const borrowed = hostConfig.VolumesFrom.filter((from) => !bindOf(`:${from}`).isReadOnly).map(
		(from) =>
			`writes to the volumes of the container ${printable(from.split(":")[0] ?? from)} (--volumes-from)`,
	);
	return [...binds, ...mounts, ...borrowed].map((message) => ({ message, hint }));
}

function kindOf(source: string): string {
	return source.startsWith("/") ? "the host's" : "the volume";
}

/** In memory, of an image, or without a name, it is the container's own. */
function isShared({ Type, Source = "", ReadOnly = false }: TemplateMount): boolean {
	if (ReadOnly || Type === "tmpfs" || Type === "image") return false;
	return Type !== "volume" || !isAnonymousName(Source);
}

function lifeRefusals({ config, hostConfig }: Template): readonly Refusal[] {
	const refusals: Refusal[] = [];
	// What Ballast stops must be there to be started again: an original is never removed.
	if (hostConfig.AutoRemove)
		refusals.push({
			message: "is removed as soon as it stops (--rm), so that nothing could be stopped and woken again",
			hint: "run it without --rm; no label allows this",
		});
	if (Object.hasOwn(config.Labels, "com.docker.swarm.service.id"))
		refusals.push({
			message: "is a task of a Swarm service, whose number Swarm itself decides",
			hint: "use docker service scale; no label allows this",
		});
	return refusals;
}

function counted(noun: string, several: readonly string[]): string {
	const plural = noun.endsWith("s") ? `${noun}es` : `${noun}s`;
	return `${several.length === 1 ? noun : plural} ${several.join(", ")}`;
}
