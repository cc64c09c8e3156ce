import { build, type Draft } from "../model/build.ts";
import type { Inventory, Listening } from "../model/container.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import { type Member, membersOf } from "../model/fleet.ts";
import type { JoinPolicy } from "../model/surroundings.ts";
import type { InForce, Ports } from "./ports.ts";

/**
 * What should be, from the inventory and from what the probe knows. In the first draft every port has been tried once:
 * a controller that restarts must not empty its pools, nor HAProxy start without those that listen already. A member
 * that the controller finds in force and that is too busy to answer the probe stays until the probe calls it silent.
 */
export function createDraft(
	probe: Ports["probe"],
	policy: JoinPolicy,
): (inventory: Inventory, before: InForce, signal: AbortSignal) => Promise<Draft> {
	/** Endpoints, by key, that the first draft found among the members in force. */
	let trusted: ReadonlySet<string> | undefined;

	function listening(): ReadonlyMap<string, Listening> {
		const known = [...probe.listening()];
		return new Map(
			known.map(([key, answer]) => [key, answer === "not-yet" && trusted?.has(key) ? "yes" : answer]),
		);
	}

	return async (inventory, before, signal) => {
		const members = before === undefined ? [] : membersOf(before.fleet);
		const names = new Map(members.map(({ server }) => [server.container.id, server.name]));
		const draft = (): Draft => build({ inventory, listening: listening(), names, policy });

		const first = draft();
		probe.watch(first.probes);
		if (trusted !== undefined) return first;
		await probe.settled(signal);
		trusted = new Set(first.probes.filter((endpoint) => isMember(endpoint, members)).map(endpointKey));
		return draft();
	};
}

function isMember({ start, address, port }: Endpoint, members: readonly Member[]): boolean {
	return members.some(({ server }) => {
		return start.startsWith(`${server.container.id}@`) && server.address === address && server.port === port;
	});
}
