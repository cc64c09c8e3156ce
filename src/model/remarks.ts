import type { Fleet, Hold, Member } from "./fleet.ts";
import type { Problem } from "./problem.ts";
import type { Standing } from "./standing.ts";

/** What was set for a container, and what it is set into. */
export type Holding = {
	readonly standing: Standing;
	/** Undefined: it was made ready. */
	readonly hold: Hold | undefined;
	/** The server that it is in force. */
	readonly inForce: Member | undefined;
	/** The fleet in force. */
	readonly fleet: Fleet;
	/** `<pool>/<server>` of those that HAProxy finds down. */
	readonly down: ReadonlySet<string>;
	/** Why it does not outlive the controller. */
	readonly problems: readonly Problem[];
};

/** What a person should know who sets that, a clause each: it is done all the same. */
export function remarksOn(holding: Holding): readonly string[] {
	return [...onMembership(holding), ...onPool(holding), ...holding.problems.map(({ message }) => message)];
}

function onMembership({ standing, hold }: Holding): readonly string[] {
	if (standing.member !== undefined) return [];
	if (hold === undefined) {
		const remedy = standing.remedy === undefined ? "" : `; ${standing.remedy}`;
		return [`it gets no requests all the same: ${standing.why}${remedy}`];
	}
	return [`it is in no pool now (${standing.why}); what is set holds once it is`];
}

function onPool({ hold, inForce, fleet, down }: Holding): readonly string[] {
	if (hold === undefined || inForce === undefined) return [];
	const { pool, server } = inForce;
	const servers = fleet.pools.find(({ name }) => name === pool)?.servers ?? [];
	const others = servers.filter(({ name, state, weight }) => {
		return name !== server.name && state === undefined && weight > 0 && !down.has(`${pool}/${name}`);
	});
	return others.length > 0
		? []
		: [`no other server of the pool ${pool} takes new clients: they get status 503 until one does`];
}
