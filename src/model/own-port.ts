import type { Container, Self } from "./container.ts";
import { homeOf } from "./lender.ts";
import { isOnHost } from "./network.ts";
import type { Problem } from "./problem.ts";
import { proxyInNetworks, type Reach } from "./reach.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * The problem of a container at whose port the proxy itself is found: HAProxy would ask itself for each request, and so on
 * until nothing answers any more. That it accepts there is no sign of the app.
 */
export function ownPortOf(
	container: Container,
	{ addresses }: Reach,
	port: number,
	{ inventory, policy }: Surroundings,
): Problem | undefined {
	const lent = homeOf(container, inventory);
	if ("problem" in lent) return undefined;
	const proxy = proxyInNetworks(inventory);
	const place = sharedPlace(lent.home, proxy);
	if (place !== undefined && policy.proxyPorts.includes(port))
		return problemOf(container, `${place}, where HAProxy has port ${port}`, policy.labels.prefix);
	if (lent.home.networkMode === "host" && leadsBack(proxy, addresses, port))
		return problemOf(
			container,
			`it is in the host's own network, where port ${port} is published to the proxy`,
			policy.labels.prefix,
		);
	return undefined;
}

/** Where the two have all their ports in common. */
function sharedPlace(home: Container, proxy: Self): string | undefined {
	if (home.id === proxy.container?.id) return "it is in the proxy's own network";
	const areOnHost = home.networkMode === "host" && isOnHost(proxy);
	return areOnHost ? "it is in the host's own network, as the proxy is" : undefined;
}

function leadsBack({ container }: Self, addresses: readonly string[], port: number): boolean {
	const published = container?.publishedPorts.filter((one) => one.port === port) ?? [];
	return published.some(({ address }) => everywhere.has(address) || addresses.includes(address));
}

const everywhere: ReadonlySet<string> = new Set(["", "0.0.0.0", "::"]);

function problemOf({ name }: Container, where: string, prefix: string): Problem {
	return {
		code: "own-port",
		severity: "problem",
		subject: name,
		message: `${where}: it would ask itself, without end`,
		hint: `recreate ${name} with the app's port in the label ${prefix}port, or in a network of its own; an app can't have a port that the proxy has`,
	};
}
