import type { PoolLoad } from "../model/pool-load.ts";
import type { Observation } from "../model/scale-situation.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import type { Serving } from "../model/victims.ts";

export type Counts = Pick<Observation, "ready" | "starting" | "unhealthy" | "aside">;

/**
 * Those that HAProxy sends requests to, those that may come to that, those that don't answer, and those that a person has taken
 * out, well or not. While HAProxy says nothing, a server is taken to be well.
 */
export function countsOf(members: readonly ScaledMember[], load: PoolLoad | undefined): Counts {
	const counted = members.filter(({ aside }) => !aside);
	const well = wellOf(counted, load);
	const ready = readyOf(members, load).length;
	return {
		aside: members.length - counted.length,
		unhealthy: counted.length - well.length,
		starting: well.length - ready,
		ready,
	};
}

/** Those that HAProxy sends requests to. */
export function readyOf(
	members: readonly ScaledMember[],
	load: PoolLoad | undefined,
): readonly ScaledMember[] {
	return wellOf(members, load).filter(({ server, aside }) => server !== undefined && !aside);
}

function wellOf(members: readonly ScaledMember[], load: PoolLoad | undefined): readonly ScaledMember[] {
	const serving = servingOf(load);
	const isShut = (one: ScaledMember) => one.server !== undefined && serving(one)?.open === false;
	// One that is paused is no newcomer, whatever may become of it.
	return members.filter((one) => !one.failed && one.container.state === "running" && !isShut(one));
}

/**
 * How many clones are not ready yet. Originals are left out: nobody removes one that never becomes ready, and it would keep
 * others from being started for as long.
 *
 * @param unseen the names of those that were made, and may be in no list yet
 */
export function startingClones(
	members: readonly ScaledMember[],
	load: PoolLoad | undefined,
	unseen: readonly string[],
): number {
	const names = new Set(members.map(({ container }) => container.name));
	const clones = members.filter(({ clone }) => clone !== undefined);
	return countsOf(clones, load).starting + unseen.filter((name) => !names.has(name)).length;
}

/** What HAProxy says of a member; undefined where it says nothing. */
export function servingOf(load: PoolLoad | undefined): (member: ScaledMember) => Serving | undefined {
	const servers = new Map(load?.servers.map((one) => [one.server, one]));
	return ({ server }) => (server === undefined ? undefined : servers.get(server));
}
