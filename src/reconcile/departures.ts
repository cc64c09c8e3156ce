import type { Clock } from "../clock.ts";
import type { Container, Inventory } from "../model/container.ts";
import { type Fleet, type Member, membersOf } from "../model/fleet.ts";
import { type Running, type RunningServer, runningName } from "../model/running.ts";
import { type Departure, unwanted } from "../model/server-steps.ts";
import type { Standing } from "../model/standing.ts";

/** Those that the process has and the fleet has not any more: how long each may finish what is in flight. */
export type Departures = {
	/** By `<pool>/<server>`, of what the process has beside `wanted`. */
	readonly of: (
		running: Running | undefined,
		wanted: Fleet,
		around: Around,
	) => ReadonlyMap<string, Departure>;
	/**
	 * Milliseconds until it is worth trying again to remove one of them, or none once one is gone whose container is served
	 * elsewhere only then; undefined when there is nothing left to do.
	 */
	readonly due: (running: Running | undefined) => number | undefined;
};

export type Around = {
	readonly before: Fleet | undefined;
	/** Undefined when the engine was not read. */
	readonly standings: readonly Standing[] | undefined;
	readonly leaving: Inventory["leaving"];
};

/** In milliseconds: how long a container's end may take to reach those that HAProxy sends elsewhere, before they are cut. */
const afterlife = 2_000;

/** Between two attempts at a server, in milliseconds: a fifth of the time that it has been out for. */
const [shortestGap, longestGap] = [50, 2_000];

export function createDepartures(clock: Pick<Clock, "now">): Departures {
	/** Since when each has been out, and since when its container is known not to be there any more. */
	let outSince: ReadonlyMap<string, number> = new Map();
	let goneSince: ReadonlyMap<string, number> = new Map();
	/** Those whose containers are somewhere else now, where they are served only once these are gone. */
	let moved: ReadonlySet<string> = new Set();

	function of(
		running: Running | undefined,
		wanted: Fleet,
		{ before, standings, leaving }: Around,
	): ReadonlyMap<string, Departure> {
		const outs = running === undefined ? [] : unwanted(running, wanted, before);
		const now = clock.now();
		const known = new Map(standings?.map((standing) => [standing.container.id.slice(0, 8), standing]));
		const standingOf = ({ server }: RunningServer) => known.get(server.slice(-8));
		moved = new Set(membersOf(wanted).map(nameOf)).intersection(new Set(outs.map(runningName)));
		const hasGone = (one: RunningServer): boolean =>
			moved.has(runningName(one)) || (standings !== undefined && hasEnded(standingOf(one)?.container));
		outSince = since(outs, outSince, now);
		goneSince = since(outs.filter(hasGone), goneSince, now);
		const awaited = awaitedOf(moved, outs, running);
		return new Map(
			outs.map((one) => {
				const name = runningName(one);
				const standing = standingOf(one);
				const isTold = standing !== undefined && leaving.has(standing.container.id);
				const isLate = isTold && now - (outSince.get(name) ?? now) >= drainOf(standing);
				const isOver = now - (goneSince.get(name) ?? now) >= afterlife;
				return [name, { force: isLate || isOver || awaited.has(name) }];
			}),
		);
	}

	function due(running: Running | undefined): number | undefined {
		if (running !== undefined && [...moved].some((name) => !running.servers.has(name))) return 0;
		const now = clock.now();
		const still = [...outSince].filter(([name]) => running?.servers.has(name));
		if (still.length === 0) return undefined;
		const youngest = Math.min(...still.map(([, since]) => now - since));
		return Math.min(Math.max(youngest / 5, shortestGap), longestGap);
	}

	return { of, due };
}

/**
 * Of those that have moved, the first of each pool that has nobody else who takes requests. What is on its way to the others
 * can be sent to that one then.
 */
function awaitedOf(
	moved: ReadonlySet<string>,
	outs: readonly RunningServer[],
	running: Running | undefined,
): ReadonlySet<string> {
	const gone = new Set(outs.map(runningName));
	const there = [...(running?.servers.values() ?? [])].filter((one) => !gone.has(runningName(one)));
	const served = new Set(there.filter(takesRequests).map(({ pool }) => pool));
	const waiting = outs.filter((one) => moved.has(runningName(one)) && !served.has(one.pool));
	const first = new Map(waiting.toReversed().map((one) => [one.pool, runningName(one)]));
	return new Set(first.values());
}

function takesRequests({ state, weight }: RunningServer): boolean {
	return state === "ready" && weight > 0;
}

function nameOf({ pool, server }: Member): string {
	return runningName({ pool, server: server.name });
}

/** What it may take from the signal to the end, in milliseconds. */
function drainOf({ drainSeconds }: Standing): number {
	return drainSeconds * 1_000;
}

function hasEnded(container: Container | undefined): boolean {
	return container === undefined || (container.state !== "running" && container.state !== "paused");
}

function since(
	ones: readonly RunningServer[],
	before: ReadonlyMap<string, number>,
	now: number,
): ReadonlyMap<string, number> {
	return new Map(ones.map((one) => [runningName(one), before.get(runningName(one)) ?? now]));
}
