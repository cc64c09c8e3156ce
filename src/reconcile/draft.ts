import { build, type Draft } from "../model/build.ts";
import type { Inventory } from "../model/container.ts";
import { membersOf } from "../model/fleet.ts";
import type { JoinPolicy } from "../model/standing.ts";
import type { InForce, Ports } from "./ports.ts";

/**
 * What should be, from the inventory and from what the probe knows. In the first draft every port has been tried once:
 * a controller that restarts must not empty its pools, nor HAProxy start without those that listen already.
 */
export function createDraft(
	probe: Ports["probe"],
	policy: JoinPolicy,
): (inventory: Inventory, before: InForce, signal: AbortSignal) => Promise<Draft> {
	let triedOnce = false;

	return async (inventory, before, signal) => {
		const members = before === undefined ? [] : membersOf(before.fleet);
		const names = new Map(members.map(({ server }) => [server.container.id, server.name]));
		const draft = (): Draft => build({ inventory, listening: probe.listening(), names, policy });

		const first = draft();
		probe.watch(first.probes);
		if (triedOnce) return first;
		await probe.settled(signal);
		triedOnce = true;
		return draft();
	};
}
