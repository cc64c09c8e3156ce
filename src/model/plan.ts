import { type Fleet, type Member, membersOf, policyOf, type Route } from "./fleet.ts";
import type { Generation } from "./generation.ts";

/** One typed action that brings HAProxy from what it has to what it should have. */
export type Step =
	/**
	 * Nothing more for this server, idle connections of its clients included; what is in flight there finishes. The process
	 * that a reload replaces would go on sending there, to an address that may be somebody else's by then.
	 */
	| { readonly kind: "maint-server"; readonly pool: string; readonly server: string }
	/** Requests again for a server that was taken out of the running process, which knows it by the address it has. */
	| { readonly kind: "ready-server"; readonly pool: string; readonly server: string }
	/** Make the generation the one in force, for this process and for any that starts later. */
	| { readonly kind: "promote"; readonly generation: string }
	/** Let a new process take over with the generation in force; why, one reason at least. */
	| { readonly kind: "reload"; readonly reasons: readonly ReloadReason[] };

export type ReloadReason = {
	readonly kind:
		| "first-generation"
		| "server-joined"
		| "server-left"
		| "server-changed"
		| "pool-added"
		| "pool-removed"
		| "pool-changed"
		| "routes-changed"
		| "configuration-changed"
		| "process-differs";
	/** The server, pool or generation it is about; empty where the kind says it all. */
	readonly subject: string;
};

/** What is the case before a pass applies anything. */
export type Applied = {
	/** The generation in force on disk. */
	readonly inForce: { readonly id: string; readonly fleet: Fleet } | undefined;
	/** The generation the running process says it has loaded; undefined when none answers. */
	readonly loaded: string | undefined;
	/** The servers, `<pool>/<server>`, that were taken out of that process since it has loaded it. */
	readonly takenOut: ReadonlySet<string>;
};

export type MaintServer = Extract<Step, { readonly kind: "maint-server" }>;
export type ReadyServer = Extract<Step, { readonly kind: "ready-server" }>;

/** The steps from the applied to the desired, in order; none when nothing differs. */
export function plan(applied: Applied, desired: Generation): readonly Step[] {
	const { inForce, loaded, takenOut } = applied;
	const promote: Step[] = inForce?.id === desired.id ? [] : [{ kind: "promote", generation: desired.id }];
	const lacks = membersOf(desired.fleet)
		.map(memberName)
		.filter((name) => takenOut.has(name));
	if (loaded === desired.id && lacks.length === 0) return promote;
	const leaves = inForce !== undefined && loaded === inForce.id ? leavers(inForce.fleet, desired.fleet) : [];
	const still = leaves.filter(({ pool, server }) => !takenOut.has(`${pool}/${server}`));
	return [...still, ...promote, { kind: "reload", reasons: reasonsFor(applied, desired, lacks) }];
}

/** Every server that is gone, or is somewhere else now. */
export function leavers(before: Fleet, after: Fleet): readonly MaintServer[] {
	const stays = new Set(membersOf(after).map(endpointOf));
	return membersOf(before)
		.filter((member) => !stays.has(endpointOf(member)))
		.map(({ pool, server }) => ({ kind: "maint-server", pool, server: server.name }));
}

/** Every server that was taken out, and is wanted again where it was. */
export function returners(
	before: Fleet,
	after: Fleet,
	takenOut: ReadonlySet<string>,
): readonly ReadyServer[] {
	const wanted = new Set(membersOf(after).map(endpointOf));
	return membersOf(before)
		.filter((member) => takenOut.has(memberName(member)) && wanted.has(endpointOf(member)))
		.map(({ pool, server }) => ({ kind: "ready-server", pool, server: server.name }));
}

function endpointOf(member: Member): string {
	return `${memberName(member)} ${member.server.address} ${member.server.port}`;
}

/** `lacks`: what the process has taken out, and should have. */
function reasonsFor(
	{ inForce, loaded }: Applied,
	desired: Generation,
	lacks: readonly string[],
): readonly ReloadReason[] {
	if (inForce === undefined) return [{ kind: "first-generation", subject: "" }];
	if (loaded === desired.id) return lacks.map((subject) => ({ kind: "server-joined", subject }));
	if (inForce.id === desired.id)
		return [{ kind: "process-differs", subject: loaded ?? "no process answers" }];
	const reasons = fleetDifferences(inForce.fleet, desired.fleet);
	return reasons.length > 0 ? reasons : [{ kind: "configuration-changed", subject: "templates or settings" }];
}

function fleetDifferences(before: Fleet, after: Fleet): readonly ReloadReason[] {
	const pools = compareByKey(before.pools, after.pools, (pool) => pool.name);
	const servers = compareByKey(membersOf(before), membersOf(after), memberName);
	return [
		...pools.added.map((subject) => ({ kind: "pool-added", subject }) as const),
		...pools.removed.map((subject) => ({ kind: "pool-removed", subject }) as const),
		...pools.kept
			.filter(([was, is]) => JSON.stringify(policyOf(was)) !== JSON.stringify(policyOf(is)))
			.map(([, { name: subject }]) => ({ kind: "pool-changed", subject }) as const),
		...servers.added.map((subject) => ({ kind: "server-joined", subject }) as const),
		...servers.removed.map((subject) => ({ kind: "server-left", subject }) as const),
		...servers.kept
			.filter(([was, is]) => JSON.stringify(was) !== JSON.stringify(is))
			.map(([, is]) => ({ kind: "server-changed", subject: memberName(is) }) as const),
		...(routesText(before.routes) === routesText(after.routes)
			? []
			: [{ kind: "routes-changed", subject: "" } as const]),
	];
}

function memberName({ pool, server }: Member): string {
	return `${pool}/${server.name}`;
}

function routesText(routes: readonly Route[]): string {
	return JSON.stringify(routes);
}

type Comparison<T> = {
	readonly added: readonly string[];
	readonly removed: readonly string[];
	readonly kept: readonly (readonly [T, T])[];
};

function compareByKey<T>(
	before: readonly T[],
	after: readonly T[],
	keyOf: (item: T) => string,
): Comparison<T> {
	const was = new Map(before.map((item) => [keyOf(item), item]));
	const is = new Map(after.map((item) => [keyOf(item), item]));
	return {
		added: [...is.keys()].filter((key) => !was.has(key)),
		removed: [...was.keys()].filter((key) => !is.has(key)),
		kept: [...is].flatMap(([key, now]) => {
			const then = was.get(key);
			return then === undefined ? [] : [[then, now] as const];
		}),
	};
}
