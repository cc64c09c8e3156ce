import { hostPort } from "./endpoint.ts";
import { defaultPool } from "./fleet.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";
import type { Standing } from "./standing.ts";

/**
 * Leaves each endpoint of a pool to one container: two servers of one app would get twice its share, and neither health
 * check would speak for it. The one whose own the address is has it, ready or not, as only its health check tells of the
 * app; of others a member, and of several the oldest.
 */
export function apart(standings: readonly Standing[]): readonly Standing[] {
	if (!isContested(standings)) return standings;
	const holders = new Map<string, Standing>();
	const yielding = new Map<Standing, Problem>();
	for (const { standing } of standings.map(claimOf).toSorted(byClaim)) {
		const keys = keysOf(standing);
		const taken = keys.find((key) => holders.has(key));
		const holder = taken === undefined ? undefined : holders.get(taken);
		if (holder === undefined) for (const key of keys) holders.set(key, standing);
		else yielding.set(standing, sameEndpoint(standing, holder));
	}
	return standings.map((standing) => without(standing, yielding.get(standing)));
}

/** Rarely so; and to order thousands of claims at each event is dear. */
function isContested(standings: readonly Standing[]): boolean {
	const keys = standings.flatMap(keysOf);
	return new Set(keys).size < keys.length;
}

/** Of a member where it is served, of others wherever they may come to be. */
function keysOf({ member, reach, port, reading }: Standing): readonly string[] {
	if (reach === undefined || port === undefined) return [];
	const addresses = member === undefined ? reach.addresses : [member.server.address];
	const pool = reading.wishes.pool ?? defaultPool;
	return addresses.map((address) => `${pool} ${hostPort({ address, port: port.port })}`);
}

/** The lower comes first. Times are read once, as reading them is what is dear where there are thousands. */
type Claim = { readonly standing: Standing; readonly rank: number; readonly created: number };

function claimOf(standing: Standing): Claim {
	const rank = isAtHome(standing) ? 0 : standing.member === undefined ? 2 : 1;
	return { standing, rank, created: Date.parse(standing.container.created) };
}

function byClaim(a: Claim, b: Claim): number {
	const byId = () => byText(a.standing.container.id, b.standing.container.id);
	return a.rank - b.rank || a.created - b.created || byId();
}

/** Nobody is at home in the host's own network. */
function isAtHome({ container, reach }: Standing): boolean {
	return reach?.owner === container.name && container.networkMode !== "host";
}

function without(standing: Standing, problem: Problem | undefined): Standing {
	if (problem === undefined) return standing;
	const problems = [...standing.problems, problem];
	if (standing.member === undefined) return { ...standing, problems };
	return { ...standing, member: undefined, failed: false, why: "another one has its endpoint", problems };
}

function sameEndpoint({ container: { name }, port, reading }: Standing, holder: Standing): Problem {
	const pool = reading.wishes.pool ?? defaultPool;
	return {
		code: "same-endpoint",
		severity: "problem",
		subject: name,
		message: `at port ${port?.port} it is the same server of the pool ${pool} as ${holder.container.name}, which has the place`,
		hint: `recreate ${name} without the join label or with enable=false if it is no app of its own, such as a sidecar that inherited the label; else with a port of its own`,
	};
}
