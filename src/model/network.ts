import type { Attachment, Container, Self } from "./container.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";

type Choice = { readonly attachment: Attachment } | { readonly problem: Problem };

/**
 * The network to reach a container by: the one its label names, else the first by name of those the proxy shares.
 * Outside a container every bridge network is shared, as the host routes to them all.
 */
export function networkOf(container: Container, proxy: Self, wanted: string | undefined): Choice {
	const reachable = container.networks
		.filter((at) => at.ipv4 !== "" || at.ipv6 !== "")
		.filter((at) => isShared(at, proxy))
		.sort((a, b) => byText(a.network, b.network) || byText(a.networkId, b.networkId));
	const attachment = wanted === undefined ? reachable[0] : reachable.find((at) => at.network === wanted);
	if (attachment !== undefined) return { attachment };
	return {
		problem: wanted === undefined ? unreachable(container, proxy) : notInNetwork(container, proxy, wanted),
	};
}

function isShared(at: Attachment, proxy: Self): boolean {
	return (
		proxy.container === undefined || proxy.container.networks.some((own) => own.networkId === at.networkId)
	);
}

function unreachable(container: Container, proxy: Self): Problem {
	return {
		code: "no-shared-network",
		severity: "problem",
		subject: container.name,
		message: `it shares no network with the proxy: it is in ${listed(container)}, the proxy in ${listed(proxy.container)}`,
		hint: `connect one to the other's: docker network connect ${namesOf(proxy.container)[0] ?? "<network>"} ${container.name}`,
	};
}

function notInNetwork(container: Container, proxy: Self, wanted: string): Problem {
	return {
		code: "no-such-network",
		severity: "problem",
		subject: container.name,
		message: `its label asks for the network ${wanted}, but it is in ${listed(container)}, and the proxy in ${listed(proxy.container)}`,
		hint: "name a network that both are in, as docker network ls shows it (Compose puts the project's name before it)",
	};
}

function listed(container: Container | undefined): string {
	if (container === undefined) return "the host's own network";
	if (container.networks.length === 0) return `none (network mode ${container.networkMode})`;
	return namesOf(container).join(", ");
}

function namesOf(container: Container | undefined): readonly string[] {
	return (container?.networks ?? []).map((at) => at.network).sort(byText);
}
