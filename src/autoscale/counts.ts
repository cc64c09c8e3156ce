import type { PoolLoad } from "../model/pool-load.ts";
import type { Observation } from "../model/scale-situation.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import type { Serving } from "../model/victims.ts";

export type Counts = Pick<Observation, "ready" | "starting" | "unhealthy">;

/**
 * Those that HAProxy sends requests to, those that may come to that, and those that don't answer. While HAProxy says nothing, a
 * server is taken to be well.
 */
export function countsOf(members: readonly ScaledMember[], load: PoolLoad | undefined): Counts {
	const serving = servingOf(load);
	// One that is paused is no newcomer, whatever may become of it.
	const isIll = (one: ScaledMember) =>
		one.failed ||
		one.container.state !== "running" ||
		(one.server !== undefined && serving(one)?.open === false);
	const unhealthy = members.filter(isIll).length;
	const starting = members.filter((one) => one.server === undefined && !isIll(one)).length;
	return { unhealthy, starting, ready: members.length - unhealthy - starting };
}

/** What HAProxy says of a member; undefined where it says nothing. */
export function servingOf(load: PoolLoad | undefined): (member: ScaledMember) => Serving | undefined {
	const servers = new Map(load?.servers.map((one) => [one.server, one]));
	return ({ server }) => (server === undefined ? undefined : servers.get(server));
}
