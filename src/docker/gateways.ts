import { AppError } from "../errors.ts";
import type { Bridges, Container } from "../model/container.ts";
import type { DockerClient } from "./client.ts";
import { statusOf } from "./unreachable.ts";

/** Whether each of these networks has the engine's host as its gateway. */
export type Gateways = (networks: Container["networks"], signal: AbortSignal) => Promise<Bridges>;

/**
 * The gateway of a bridge network is the host; that of a macvlan network is a router, where a connection to the port of an
 * app in the host's network would reach another machine. A network's driver never changes, so it is asked for once.
 */
export function createGateways(client: Pick<DockerClient, "bridges">): Gateways {
	let asked: ReadonlySet<string> = new Set();
	let bridges: Bridges = { ids: new Set() };

	return async (networks, signal) => {
		const leading = networks.filter(({ gateways }) => gateways.length > 0).map(({ networkId }) => networkId);
		if (leading.some((id) => !asked.has(id))) {
			bridges = { ids: new Set(await client.bridges(signal).catch(noneWhenForbidden)) };
			asked = new Set(leading);
		}
		return bridges;
	};
}

/** By a guard before the socket. */
function noneWhenForbidden(thrown: unknown): readonly string[] {
	if (thrown instanceof AppError && statusOf(thrown.cause) === 403) return [];
	throw thrown;
}
