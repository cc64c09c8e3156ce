import { endpointsOf, standInFor } from "../model/boot.ts";
import type { Draft } from "../model/build.ts";
import { emptyFleet } from "../model/fleet.ts";
import type { InForce, Ports } from "./ports.ts";

export type StandIn = Pick<Draft, "fleet" | "problems">;

/**
 * What to serve at a start at which Docker does not answer: what was served before, as far as it can still be counted on.
 * Within one life of the proxy that is what is in force.
 */
export async function standIn(
	before: InForce,
	{ lastGood, probe }: Pick<Ports, "lastGood" | "probe">,
	signal: AbortSignal,
): Promise<StandIn> {
	const last = await lastGood.read();
	if (last === undefined) return { fleet: before?.fleet ?? emptyFleet, problems: [] };
	probe.watch(endpointsOf(last.fleet));
	await probe.settled(signal);
	return standInFor(last, probe.listening());
}
