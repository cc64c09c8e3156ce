import { type Fleet, type Member, membersOf, type Route, type Server } from "./fleet.ts";
import { type Generation, isFixed } from "./generation.ts";
import type { Running } from "./running.ts";
import { type Departure, samePools, serverSteps } from "./server-steps.ts";
import type { ReloadReason, ServerStep, Step } from "./step.ts";

/** The generation in force on disk, and what the running process has. */
export type Applied = {
	readonly inForce: InForce | undefined;
	/** Undefined: no process answers. */
	readonly running: Running | undefined;
	/** By `<pool>/<server>`, how those that are out may go. */
	readonly departures: ReadonlyMap<string, Departure>;
};

export type InForce = Pick<Generation, "id" | "structure" | "fleet">;

/** The steps from the applied to the desired, in order; none when nothing differs (promise 5: the cheapest that will do). */
export function plan(applied: Applied, desired: Generation): readonly Step[] {
	const { inForce, running } = applied;
	// While no process runs, what is there is written again: it may be damaged, and keep HAProxy from starting.
	const isThere = inForce?.id === desired.id && running !== undefined;
	const promote: Step[] = isThere ? [] : [{ kind: "promote", generation: desired.id }];
	const reasons = reasonsFor(applied, desired);
	const reload: Step[] = reasons.length > 0 ? [{ kind: "reload", reasons }] : [];
	const servers = running === undefined ? [] : serversFor(applied, running, desired);
	return [...servers, ...promote, ...reload];
}

/**
 * What needs neither a check nor a file: whoever leaves is out at once, and whoever joins a pool that the process has as it is
 * wanted gets requests at once. Nothing while the process may be another than the one for the generation in force.
 */
export function quickSteps({ inForce, running, departures }: Applied, wanted: Fleet): readonly ServerStep[] {
	if (inForce === undefined || running === undefined || running.structure !== inForce.structure) return [];
	const before = inForce.fleet;
	const pools = samePools(before, wanted);
	return addable(running.structure, serverSteps({ before, running, wanted, pools, departures }));
}

/** A process that is to be replaced is only rid of those that have gone: the next one has the others. */
function serversFor(applied: Applied, running: Running, desired: Generation): readonly ServerStep[] {
	const { inForce, departures } = applied;
	const wanted = desired.fleet;
	const pools = new Set(wanted.pools.map(({ name }) => name));
	const steps = { before: inForce?.fleet, running, wanted, departures };
	if (running.structure === desired.structure)
		return addable(running.structure, serverSteps({ ...steps, pools }));
	return serverSteps({ ...steps, pools: new Set() }).filter(({ kind }) => kind === "maint-server");
}

function reasonsFor({ inForce, running }: Applied, desired: Generation): readonly ReloadReason[] {
	if (inForce === undefined && running?.structure !== desired.structure)
		return [{ kind: "first-generation", subject: "" }];
	if (running?.structure === desired.structure)
		return [
			...lackedBy(running, desired),
			...(inForce === undefined ? [] : changed(inForce.fleet, desired.fleet)),
		];
	if (inForce === undefined || inForce.structure === desired.structure)
		return [{ kind: "process-differs", subject: running?.structure ?? "no process answers" }];
	const reasons = differences(inForce.fleet, desired.fleet);
	return reasons.length > 0 ? reasons : [{ kind: "configuration-changed", subject: "templates or settings" }];
}

/** A process of a fixed structure can't be given servers, nor give one requests again at another address. */
function addable(structure: string, steps: readonly ServerStep[]): readonly ServerStep[] {
	return isFixed(structure) ? steps.filter(({ kind }) => kind !== "add-server") : steps;
}

function lackedBy(running: Running, { structure, fleet }: Generation): readonly ReloadReason[] {
	if (!isFixed(structure)) return [];
	const lacked = membersOf(fleet)
		.map(memberName)
		.filter((name) => !running.servers.has(name));
	return lacked.map((name) => ({ kind: "process-differs", subject: `${name} is not there` }));
}

/** What the Runtime API can't change of a server. */
function changed(before: Fleet, after: Fleet): readonly ReloadReason[] {
	const was = new Map(membersOf(before).map((member) => [memberName(member), member.server]));
	return membersOf(after)
		.filter((member) => {
			const server = was.get(memberName(member));
			return server !== undefined && fixedOf(server) !== fixedOf(member.server);
		})
		.map((member) => ({ kind: "server-changed", subject: memberName(member) }));
}

function fixedOf({ name, container, address, port, weight, state, ...fixed }: Server): string {
	return JSON.stringify(fixed);
}

function differences(before: Fleet, after: Fleet): readonly ReloadReason[] {
	const was = new Map(before.pools.map((pool) => [pool.name, pool]));
	const is = new Map(after.pools.map((pool) => [pool.name, pool]));
	const same = samePools(before, after);
	return [
		...[...is.keys()]
			.filter((name) => !was.has(name))
			.map((subject) => ({ kind: "pool-added", subject }) as const),
		...[...was.keys()]
			.filter((name) => !is.has(name))
			.map((subject) => ({ kind: "pool-removed", subject }) as const),
		...[...is.keys()]
			.filter((name) => was.has(name) && !same.has(name))
			.map((subject) => ({ kind: "pool-changed", subject }) as const),
		...changed(before, after),
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
