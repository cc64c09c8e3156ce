import type { Clock } from "../clock.ts";
import type { Container, Inventory } from "../model/container.ts";
import type { Fleet } from "../model/fleet.ts";
import { type Running, type RunningServer, runningName } from "../model/running.ts";
import { type Departure, unwanted } from "../model/server-steps.ts";
import type { Standing } from "../model/standing.ts";

/** Those that the process has and the fleet has not any more: how long each may finish what is in flight. */
export type Departures = {
	/** By `<pool>/<server>`. `standings`: undefined when the engine was not read. */
	readonly of: (
		running: Running | undefined,
		wanted: Fleet,
		standings: readonly Standing[] | undefined,
		leaving: Inventory["leaving"],
	) => ReadonlyMap<string, Departure>;
	/** Milliseconds until it is worth trying again to remove one; undefined when all are gone. */
	readonly due: (running: Running | undefined, wanted: Fleet) => number | undefined;
};

/** In milliseconds: how long a container's end may take to reach those that HAProxy sends elsewhere, before they are cut. */
const afterlife = 2_000;

/** Between two attempts at a server, in milliseconds: a fifth of the time that it has been out for. */
const [shortestGap, longestGap] = [50, 2_000];

export function createDepartures(clock: Pick<Clock, "now">): Departures {
	/** Since when each has been out, and since when its container has been seen to have ended. */
	let outSince: ReadonlyMap<string, number> = new Map();
	let endedSince: ReadonlyMap<string, number> = new Map();

	function of(
		running: Running | undefined,
		wanted: Fleet,
		standings: readonly Standing[] | undefined,
		leaving: Inventory["leaving"],
	): ReadonlyMap<string, Departure> {
		const outs = running === undefined ? [] : unwanted(running, wanted);
		const now = clock.now();
		const ended = outs.filter(
			(one) => standings !== undefined && hasEnded(standingOf(one, standings)?.container),
		);
		outSince = since(outs, outSince, now);
		endedSince = since(ended, endedSince, now);
		return new Map(
			outs.map((one) => {
				const standing = standingOf(one, standings ?? []);
				const limit =
					standing === undefined || !leaving.has(standing.container.id) ? undefined : drainOf(standing);
				const name = runningName(one);
				const isLate = limit !== undefined && now - (outSince.get(name) ?? now) >= limit;
				const isOver = now - (endedSince.get(name) ?? now) >= afterlife;
				return [name, { force: isLate || isOver }];
			}),
		);
	}

	function due(running: Running | undefined, wanted: Fleet): number | undefined {
		const outs = running === undefined ? [] : unwanted(running, wanted);
		const ages = outs.map((one) => clock.now() - (outSince.get(runningName(one)) ?? clock.now()));
		if (ages.length === 0) return undefined;
		return Math.min(Math.max(Math.min(...ages) / 5, shortestGap), longestGap);
	}

	return { of, due };
}

/** What it may take from the signal to the end, in milliseconds. */
function drainOf({ drainSeconds }: Standing): number {
	return drainSeconds * 1_000;
}

/** A server's name ends with the first digits of its container's id. */
function standingOf({ server }: RunningServer, standings: readonly Standing[]): Standing | undefined {
	const digits = server.slice(-8);
	return standings.find(({ container }) => container.id.startsWith(digits));
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
