import { type Fleet, type Pool, policyOf, type Server } from "./fleet.ts";
import { lightened } from "./lightened.ts";
import { isOurs, type Running, type RunningServer, runningName } from "./running.ts";
import { isAt, type ServerStep, stateOf } from "./step.ts";

/** How a server that is out may go: `force` when nobody is there any more who could answer what is in flight. */
export type Departure = { readonly force: boolean };

export type Membership = {
	/** The fleet in force before; the process has each pool of it. */
	readonly before: Fleet | undefined;
	readonly running: Running;
	readonly wanted: Fleet;
	/** The pools in which servers may be added and changed: those that the process has as they are wanted. */
	readonly pools: ReadonlySet<string>;
	/** By `<pool>/<server>`, of those that are out. */
	readonly departures: ReadonlyMap<string, Departure>;
};

/**
 * What the Runtime API has to do for the process to have the servers that are wanted. Leaves come first: each request to one
 * that has gone is one too many.
 */
export function serverSteps(membership: Membership): readonly ServerStep[] {
	const { wanted, pools, before } = membership;
	const weights = weightsIn(before);
	const changes = wanted.pools
		.filter(({ name }) => pools.has(name))
		.flatMap((pool) => lightened(pool).map((server) => changesOf(server, pool, membership.running, weights)));
	const outs = unwanted(membership.running, wanted);
	return [
		...outs.filter(({ state }) => state !== "maint").map((one) => step("maint-server", one)),
		...changes.flat(),
		...outs.map((one) => removal(one, membership.departures)),
	];
}

/** Of ours, those that the process has and the fleet has not; in no pool of the fleet, they go with their pool. */
export function unwanted({ servers }: Running, wanted: Fleet): readonly RunningServer[] {
	const names = new Set(
		wanted.pools.flatMap((pool) =>
			pool.servers.map(({ name }) => runningName({ pool: pool.name, server: name })),
		),
	);
	return [...servers.values()].filter((one) => isOurs(one) && !names.has(runningName(one)));
}

/** Pools that both fleets have, with the same policy. */
export function samePools(before: Fleet, wanted: Fleet): ReadonlySet<string> {
	const policies = new Map(before.pools.map((pool) => [pool.name, JSON.stringify(policyOf(pool))]));
	const same = wanted.pools.filter((pool) => policies.get(pool.name) === JSON.stringify(policyOf(pool)));
	return new Set(same.map(({ name }) => name));
}

/** By `<pool>/<server>`, as HAProxy has got them. */
type Weights = ReadonlyMap<string, number>;

function weightsIn(before: Fleet | undefined): Weights {
	const pairs = (before?.pools ?? []).flatMap((pool) =>
		lightened(pool).map(
			({ name, weight }) => [runningName({ pool: pool.name, server: name }), weight] as const,
		),
	);
	return new Map(pairs);
}

function changesOf(server: Server, pool: Pool, running: Running, weights: Weights): readonly ServerStep[] {
	const named = { pool: pool.name, server: server.name };
	const now = running.servers.get(runningName(named));
	const add = { kind: "add-server", ...named, entry: server, policy: policyOf(pool) } as const;
	if (now === undefined) return [add];
	// Its container has another address since it has started again, so that nobody answers at the old one.
	if (!isAt(now, server))
		return [step("maint-server", now), { ...named, kind: "remove-server", force: true }, add];
	const state = now.state === stateOf(server) ? [] : [step(`${stateOf(server)}-server`, now)];
	return [...weightOf(now, server.weight, weights), ...state];
}

/** Only where it is to be another than it was: what somebody has set in the process for the time being stays. */
function weightOf({ pool, server }: RunningServer, weight: number, weights: Weights): readonly ServerStep[] {
	const was = weights.get(runningName({ pool, server }));
	return was === undefined || was === weight ? [] : [{ kind: "weight-server", pool, server, weight }];
}

function removal(one: RunningServer, departures: Membership["departures"]): ServerStep {
	const { force } = departures.get(runningName(one)) ?? { force: false };
	return { kind: "remove-server", pool: one.pool, server: one.server, force };
}

function step(
	kind: "maint-server" | "drain-server" | "ready-server",
	{ pool, server }: RunningServer,
): ServerStep {
	return { kind, pool, server };
}
