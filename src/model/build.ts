import type { Inventory } from "./container.ts";
import type { Endpoint } from "./endpoint.ts";
import { defaultPool, type Fleet, type Member, type Pool, type PoolPolicy, policyOf } from "./fleet.ts";
import type { Judge } from "./judge.ts";
import { wantsToJoin } from "./labels.ts";
import { byText } from "./order.ts";
import { agree } from "./policy.ts";
import type { Problem } from "./problem.ts";
import { apart } from "./same-endpoint.ts";
import { scaleDisagreements } from "./scale-disagreements.ts";
import { scaleProblems } from "./scaled-pools.ts";
import { type Standing, standingOf } from "./standing.ts";
import type { Surroundings } from "./surroundings.ts";

/** What should be, made of what is. */
export type Draft = {
	readonly fleet: Fleet;
	readonly problems: readonly Problem[];
	/** One per container that carries the join label. */
	readonly standings: readonly Standing[];
	/** What was looked at. */
	readonly around: Surroundings;
	/** What the probe has to watch, answered or not. */
	readonly probes: readonly Endpoint[];
};

/** Judges every labelled container and gathers those that are ready into pools. The order of the input never shows. */
export function build(around: Surroundings, judge: Judge = standingOf): Draft {
	const each = around.inventory.containers
		.filter((container) => wantsToJoin(container.labels, around.policy.labels.join))
		.sort((a, b) => byText(a.name, b.name) || byText(a.id, b.id))
		.map((container) => judge(container, around));
	const standings = apart(each);
	const { policies, problems: disagreements } = agree(standings, around.policy);
	const members = standings.flatMap((standing) => standing.member ?? []);
	const fleet = fleetOf(members, policies, policies);
	const judged = standings.flatMap((standing) => standing.problems);
	return {
		fleet,
		problems: [
			...judged,
			...disagreements,
			// Switched off, the labels ask for nothing at all.
			...(around.policy.scales ? scaleDisagreements(standings, around.policy.labels) : []),
			...unread(around.inventory.unreadable),
			...unreached(fleet),
			...scaleProblems(standings, around.policy.labels, around.policy.scales),
		],
		standings,
		around,
		probes: standings.flatMap((standing) => standing.probe ?? []),
	};
}

/**
 * Pools of these members. The default pool is always there, as the default route leads to it.
 *
 * @param waiting pools that are there without members, too: whoever is about to join them needs no reload then
 */
export function fleetOf(
	members: readonly Member[],
	policies: ReadonlyMap<string, PoolPolicy> = new Map(),
	waiting: ReadonlyMap<string, PoolPolicy> = new Map(),
): Fleet {
	const byPool = Map.groupBy(members, (member) => member.pool);
	const names = [...new Set([defaultPool, ...byPool.keys(), ...waiting.keys()])].sort(byText);
	return {
		pools: names.map((name) => {
			const present = byPool.get(name);
			return present === undefined
				? { name, ...waiting.get(name), servers: [] }
				: { name, ...policies.get(name), servers: serversOf(present) };
		}),
		routes: [{ match: "*", pool: defaultPool }],
	};
}

/** The same fleet with some of its members alone; a pool without any has no policy either, but where requests wait for one. */
export function partOf(fleet: Fleet, members: readonly Member[]): Fleet {
	const policies = new Map(fleet.pools.map((pool) => [pool.name, policyOf(pool)] as const));
	// One that sleeps has no member to be refused, and who asks for it waits.
	const waiting = new Map([...policies].filter(([, { wait }]) => wait !== undefined));
	return fleetOf(members, policies, waiting);
}

/** The same pools and routes, with the servers that another fleet has in them. */
export function refilled(fleet: Fleet, present: Fleet): Fleet {
	const servers = new Map(present.pools.map((pool) => [pool.name, pool.servers]));
	const pools = fleet.pools.map((pool) => ({ ...pool, servers: servers.get(pool.name) ?? [] }));
	return { ...fleet, pools };
}

function serversOf(members: readonly Member[]): Pool["servers"] {
	return members.map((member) => member.server).sort((a, b) => byText(a.name, b.name));
}

function unread(unreadable: Inventory["unreadable"]): readonly Problem[] {
	return [...unreadable]
		.sort((a, b) => byText(a.name, b.name) || byText(a.id, b.id))
		.map(({ name, message }) => ({
			code: "unreadable-container",
			severity: "problem",
			subject: name,
			message: `Docker can't tell of it: ${message}`,
			hint: `it is served as it was last known, if it was; should docker inspect ${name} fail, too, make it anew`,
		}));
}

function unreached(fleet: Fleet): readonly Problem[] {
	const reached = new Set(fleet.routes.map((route) => route.pool));
	return fleet.pools
		.filter((pool) => !reached.has(pool.name))
		.map((pool) => ({
			code: "unreached-pool",
			severity: "problem",
			subject: pool.name,
			message: `no route leads to the pool ${pool.name}: its servers get no requests`,
			hint: `leave the label pool away to join ${defaultPool}, the pool that answers`,
		}));
}
