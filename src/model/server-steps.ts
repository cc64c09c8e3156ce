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
	const outs = unwanted(membership.running, wanted, before);
	return [
		...outs.filter(({ state }) => state !== "maint").map((one) => step("maint-server", one)),
		...changes.flat(),
		...outs.map((one) => removal(one, membership.departures)),
	];
}

/**
 * Of ours, those that the process has and the fleet has not, or not there: the container of one that is wanted at another
 * address has started again. Only in pools that are a fleet's, as other backends are an operator's own.
 */
export function unwanted(
	{ servers }: Running,
	wanted: Fleet,
	before: Fleet | undefined,
): readonly RunningServer[] {
	const members = new Map(
		wanted.pools.flatMap((pool) =>
			pool.servers.map((server) => [runningName({ pool: pool.name, server: server.name }), server] as const),
		),
	);
	const pools = new Set([...wanted.pools, ...(before?.pools ?? [])].map(({ name }) => name));
	return [...servers.values()].filter((one) => {
		const member = members.get(runningName(one));
		return isOurs(one) && pools.has(one.pool) && (member === undefined || !isAt(one, member));
	});
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
	if (now === undefined) return [{ kind: "add-server", ...named, entry: server, policy: policyOf(pool) }];
	// It is added where it is now once it is gone from where it was: an address that nobody may have, or somebody else.
	if (!isAt(now, server)) return [];
	const state = now.state === stateOf(server) ? [] : [step(`${stateOf(server)}-server`, now)];
	return [...weightOf(now, server, weights), ...state];
}

/**
 * Only where it is to be another than it was, and with requests anew: what somebody has set in the process for the time being
 * stays otherwise.
 */
function weightOf(now: RunningServer, { weight, state }: Server, weights: Weights): readonly ServerStep[] {
	const was = weights.get(runningName(now));
	const isAnew = state === undefined && now.state !== "ready" && now.weight !== weight;
	if (!isAnew && (was === undefined || was === weight)) return [];
	return [{ kind: "weight-server", pool: now.pool, server: now.server, weight }];
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
