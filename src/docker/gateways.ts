import { AppError } from "../errors.ts";
import type { Bridges, Container } from "../model/container.ts";
import type { DockerClient } from "./client.ts";
import { isThere } from "./unreachable.ts";

export type Gateways = {
	/** Whether each of these networks has the engine's host as its gateway. */
	readonly of: (networks: Container["networks"], signal: AbortSignal) => Promise<Bridges>;
	/** Asks again what was not answered. */
	readonly lookAgain: () => void;
};

/**
 * The gateway of a bridge network is the host; that of a macvlan network is a router, where a connection to the port of an
 * app in the host's network would reach another machine. A network's driver never changes, so it is asked for once. Where
 * an engine does not tell, such as behind a guard, no more gateways are known than before: apps elsewhere can do without.
 */
export function createGateways(client: Pick<DockerClient, "bridges">): Gateways {
	let asked: ReadonlySet<string> = new Set();
	let bridges: Bridges = { ids: new Set() };

	async function ask(signal: AbortSignal): Promise<Bridges> {
		try {
			return { ids: new Set(await client.bridges(signal)) };
		} catch (thrown) {
			if (!(thrown instanceof AppError && isThere(thrown))) throw thrown;
			return { ids: bridges.ids, fault: thrown.message };
		}
	}

	return {
		of: async (networks, signal) => {
			const leading = networks.filter(({ gateways }) => gateways.length > 0);
			if (leading.some(({ networkId }) => !asked.has(networkId))) {
				bridges = await ask(signal);
				asked = new Set(leading.map(({ networkId }) => networkId));
			}
			return bridges;
		},
		lookAgain: () => {
			if (bridges.fault !== undefined) asked = new Set();
		},
	};
}
