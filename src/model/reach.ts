import { addressesOf, type Container, type Inventory, type Self } from "./container.ts";
import { homeOf } from "./lender.ts";
import { isOnHost, listed, networkOf } from "./network.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";

/** Where a container can be reached. */
export type Reach = {
	/** The network in use, by name; `host` for the loopback address, where the proxy is in the host's network, too. */
	readonly network: string;
	/** By name, all networks that it could be reached by. */
	readonly shared: readonly string[];
	/** The container that the addresses belong to: itself, or the one whose network it uses. */
	readonly owner: string;
	/** At one of these, the preferred one first. */
	readonly addresses: readonly string[];
	/** Whether the app is known to have the address; else it has to accept a connection, also when Docker calls it healthy. */
	readonly certain: boolean;
};

/**
 * By which addresses the proxy reaches a container: by its own in a network that both are in, by those of the container
 * whose network it uses, or by the host's.
 */
export function reachOf(
	container: Container,
	inventory: Inventory,
	wanted: string | undefined,
): Reach | { readonly problem: Problem } {
	const { farEngine } = inventory.proxy;
	if (farEngine !== undefined) return { problem: elsewhere(container, farEngine) };
	const lent = homeOf(container, inventory);
	if ("problem" in lent) return lent;
	const proxy = proxyInNetworks(inventory);
	const its = { container, home: lent.home };
	if (lent.home.networkMode === "host") return hostReach(its, proxy, wanted);
	const choice = networkOf(its, proxy, wanted);
	if ("problem" in choice) return choice;
	const { attachment, shared } = choice;
	const addresses = addressesOf(attachment);
	const certain = addresses.length === 1;
	return { network: attachment.network, shared, owner: lent.home.name, addresses, certain };
}

/** The proxy may use another container's network, too. */
export function proxyInNetworks(inventory: Inventory): Self {
	const { container } = inventory.proxy;
	if (container === undefined) return inventory.proxy;
	const lent = homeOf(container, inventory);
	return "home" in lent ? { ...inventory.proxy, container: lent.home } : inventory.proxy;
}

type Its = Parameters<typeof networkOf>[0];

/**
 * An app in the host's own network is at the host's addresses: on the host itself the loopback one, from a bridge network
 * its gateway. There any process of the host may have the port, so nothing is certain.
 */
function hostReach(its: Its, proxy: Self, wanted: string | undefined): Reach | { readonly problem: Problem } {
	const host = { owner: its.home.name, certain: false };
	if (proxy.container === undefined || isOnHost(proxy))
		return { ...host, network: "host", shared: ["host"], addresses: loopback };
	const leading = proxy.container.networks
		.filter(({ networkId, gateways }) => gateways.length > 0 && proxy.bridges?.ids.has(networkId) !== false)
		.toSorted((a, b) => byText(a.network, b.network) || byText(a.networkId, b.networkId));
	const isAnyGood = wanted === undefined || wanted === "host";
	const at = isAnyGood ? leading[0] : leading.find(({ network }) => network === wanted);
	if (at === undefined) {
		const sought = { proxy: proxy.container, wanted: isAnyGood ? "" : wanted };
		return { problem: untold(its.container, sought, proxy.bridges) ?? noGateway(its.container, sought) };
	}
	const shared = leading.map(({ network }) => network);
	return { ...host, network: at.network, shared, addresses: at.gateways };
}

const loopback = ["127.0.0.1", "::1"] as const;

function elsewhere({ name }: Container, engine: string): Problem {
	return {
		code: "no-shared-network",
		severity: "problem",
		subject: name,
		message: `the engine at ${engine} is another machine's than the proxy's, which is in no container of it and so in none of its networks`,
		hint: "run the proxy in a container of that engine; should it be this machine's, name its socket: BALLAST_DOCKER_HOST=unix:///var/run/docker.sock",
	};
}

/** `wanted`: a network of the proxy's; empty: any. */
type Sought = { readonly proxy: Container; readonly wanted: string };

function untold(
	{ name }: Container,
	{ proxy, wanted }: Sought,
	bridges: Self["bridges"],
): Problem | undefined {
	const isIn = wanted === "" || proxy.networks.some(({ network }) => network === wanted);
	if (bridges?.fault === undefined || !isIn) return undefined;
	return {
		code: "no-shared-network",
		severity: "problem",
		subject: name,
		message: `it is in the host's own network, and the engine does not tell which gateways of the proxy's lead there: ${bridges.fault}`,
		hint: `let a guard before the engine's socket allow GET on /networks, which is asked for again within a minute; or run the proxy with --network host, or ${name} in a network of the proxy's`,
	};
}

function noGateway({ name }: Container, { proxy, wanted }: Sought): Problem {
	const where =
		wanted === "" ? "no network that the proxy is in has a gateway to it" : `its label asks for ${wanted}`;
	return {
		code: wanted === "" ? "no-shared-network" : "no-such-network",
		severity: "problem",
		subject: name,
		message: `it is in the host's own network, and ${where}: the proxy is in ${listed(proxy)}`,
		hint: `connect the proxy to a bridge network that is not internal${wanted === "" ? "" : ", or leave the label away"}; or run the proxy with --network host, or ${name} in a network of the proxy's`,
	};
}
