import { AppError } from "../errors.ts";
import type { Container } from "../model/container.ts";
import type { DockerClient } from "./client.ts";
import { statusOf } from "./unreachable.ts";

/** Leaves a container the gateways that are its engine's host, and no others. */
export type Gateways = (proxy: Container, signal: AbortSignal) => Promise<Container>;

/**
 * The gateway of a bridge network is the host; that of a macvlan network is a router, where a connection to the port of an
 * app in the host's network would reach another machine. A network's driver never changes, so it is asked for once.
 */
export function createGateways(client: Pick<DockerClient, "bridges">): Gateways {
	let asked: ReadonlySet<string> = new Set();
	let bridges: ReadonlySet<string> = new Set();

	return async (proxy, signal) => {
		const leading = proxy.networks.filter(({ gateways }) => gateways.length > 0);
		if (leading.some(({ networkId }) => !asked.has(networkId))) {
			bridges = new Set(await client.bridges(signal).catch(noneWhenForbidden));
			asked = new Set(leading.map(({ networkId }) => networkId));
		}
		const networks = proxy.networks.map((at) => (bridges.has(at.networkId) ? at : { ...at, gateways: [] }));
		return { ...proxy, networks };
	};
}

/** By a guard before the socket. */
function noneWhenForbidden(thrown: unknown): readonly string[] {
	if (thrown instanceof AppError && statusOf(thrown.cause) === 403) return [];
	throw thrown;
}
