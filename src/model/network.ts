import { BlockList, isIPv6 } from "node:net";
import { type Attachment, addressesOf, type Container, type Self } from "./container.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";

/** `shared`: all the networks, by name, that it could be reached by. */
type Choice =
	| { readonly attachment: Attachment; readonly shared: readonly string[] }
	| { readonly problem: Problem };

/** A container, and the one whose networks it is in: itself, as a rule. */
type InNetworks = { readonly container: Container; readonly home: Container };

/**
 * The network to reach a container by: the one its label names, else the first by name of those the proxy shares.
 * On the host, outside a container or in its network mode, those are shared that the host is in itself: its bridges.
 */
export function networkOf(its: InNetworks, proxy: Self, wanted: string | undefined): Choice {
	const reachable = its.home.networks
		.filter((at) => addressesOf(at).length > 0)
		.filter((at) => isShared(at, proxy))
		.toSorted((a, b) => byText(a.network, b.network) || byText(a.networkId, b.networkId));
	const attachment = wanted === undefined ? reachable[0] : reachable.find((at) => at.network === wanted);
	if (attachment !== undefined) return { attachment, shared: reachable.map(({ network }) => network) };
	return { problem: wanted === undefined ? unreachable(its, proxy) : notInNetwork(its, proxy, wanted) };
}

function isShared(at: Attachment, proxy: Self): boolean {
	if (isOnHost(proxy)) return addressesOf(at).some((address) => isRouted(address, proxy));
	return proxy.container?.networks.some((own) => own.networkId === at.networkId) === true;
}

function isRouted(address: string, { routes }: Self): boolean {
	if (routes === undefined) return true;
	const direct = blocksOf.get(routes) ?? toBlocks(routes);
	blocksOf.set(routes, direct);
	return direct.check(address, familyOf(address));
}

/** Made once for the routes that one pass has read: a thousand containers are checked against them. */
const blocksOf = new WeakMap<readonly string[], BlockList>();

function toBlocks(routes: readonly string[]): BlockList {
	const blocks = new BlockList();
	for (const route of routes) {
		const [block = "", bits] = route.split("/");
		blocks.addSubnet(block, Number(bits), familyOf(block));
	}
	return blocks;
}

function familyOf(address: string): "ipv4" | "ipv6" {
	return isIPv6(address) ? "ipv6" : "ipv4";
}

export function isOnHost({ container }: Self): boolean {
	return container === undefined || container.networkMode === "host";
}

function unreachable({ container, home }: InNetworks, proxy: Self): Problem {
	const who = home === container ? "it" : `${home.name}, whose network it uses,`;
	return {
		code: "no-shared-network",
		severity: "problem",
		subject: container.name,
		message: `${who} shares no network with the proxy: it is in ${listed(home)}, the proxy in ${placeOf(proxy)}`,
		hint: wayToShare(home, proxy),
	};
}

function wayToShare(container: Container, proxy: Self): string {
	const [ours] = namesOf(proxy.container);
	const [theirs] = namesOf(container);
	if (container.networkMode === "none" && theirs === undefined)
		return `make it anew in ${ours ?? "a network of Docker's"}, or: docker network disconnect none ${container.name} && docker network connect ${ours ?? "<network>"} ${container.name}`;
	if (proxy.container === undefined || isOnHost(proxy))
		return "run it in a bridge network of an engine on the proxy's own host, which reaches those, and no others";
	if (isFixed(proxy.container)) return `run the proxy ${insteadOf(proxy.container, theirs)}`;
	if (ours === undefined)
		return `connect the proxy to its network: docker network connect ${theirs ?? "<network>"} ${proxy.container.name}`;
	return `connect one to the other's: docker network connect ${ours} ${container.name}`;
}

/** Modes in which `docker network connect` is refused. */
function isFixed({ networkMode }: Container): boolean {
	return networkMode === "host" || networkMode === "none" || networkMode.startsWith("container:");
}

function insteadOf({ networkMode }: Container, network = "a network of Docker's"): string {
	return `in ${network} instead: Docker connects none that is in network mode ${networkMode}`;
}

function notInNetwork({ container, home }: InNetworks, proxy: Self, wanted: string): Problem {
	return {
		code: "no-such-network",
		severity: "problem",
		subject: container.name,
		message: `its label asks for the network ${wanted}, but it is in ${listed(home)}, and the proxy in ${placeOf(proxy)}`,
		hint: "name a network that both are in, as docker network ls shows it (Compose puts the project's name before it)",
	};
}

function placeOf(proxy: Self): string {
	return proxy.container === undefined || isOnHost(proxy)
		? "the host's own network"
		: listed(proxy.container);
}

export function listed(container: Container): string {
	if (container.networks.length === 0) return `none (network mode ${container.networkMode})`;
	return namesOf(container).join(", ");
}

function namesOf(container: Container | undefined): readonly string[] {
	return (container?.networks ?? []).map((at) => at.network).sort(byText);
}
