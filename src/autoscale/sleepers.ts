import type { ScaledPool, Sleeper } from "../model/scaled-pools.ts";
import type { Ends } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";

/**
 * Keeps who of a pool is asleep, and gives the pool as it is then: who may be woken was stopped by us, or has ended by itself.
 * Whom a person has stopped sleeps no more, and has nothing to say.
 */
export type Sleepers = (pool: ScaledPool) => ScaledPool;

type Parts = {
	readonly asleep: ScalerPorts["asleep"];
	readonly ends: Pick<Ends, "of" | "isOurs" | "isRemoved">;
};

export function createSleepers({ asleep: { all, set }, ends }: Parts): Sleepers {
	let isFirst = true;
	/** Originals that were there, in a pool that may have none: the start that was found. */
	let awake: ReadonlyMap<string, string> = new Map();

	const isStopped = (id: string) => ends.of(id) === "wanted" && !ends.isOurs(id);

	function mayWake({ container: { id, startedAt } }: Sleeper): boolean {
		if (isStopped(id) || ends.isRemoved(id)) return false;
		return all().get(id) === startedAt || ends.of(id) === "failed" || ends.isOurs(id);
	}

	function forget(): void {
		for (const id of all().keys()) if (isStopped(id) || ends.isRemoved(id)) set(id, undefined);
	}

	function remember({ container: { id, startedAt, state } }: Sleeper): void {
		if (state !== "running") set(id, startedAt);
		// A controller before this one was to stop it, and ended before that.
		else if (isFirst) set(id, undefined);
	}

	/** A killed one has no say for a moment, until it is certain that nobody has stopped it. */
	function rememberFallen({ asked, members, sleeping }: ScaledPool): void {
		const there = new Set([...members, ...sleeping].map(({ container }) => container.id));
		const missing = [...awake].filter(([id]) => !there.has(id) && !ends.isRemoved(id));
		for (const [id, startedAt] of missing) if (ends.of(id) === "failed") set(id, startedAt);
		const undecided = missing.filter(([id]) => ends.of(id) === "unknown");
		const originals = asked?.policy.min === 0 ? members.filter(({ clone }) => clone === undefined) : [];
		const present = originals.map(({ container: { id, startedAt } }) => [id, startedAt] as const);
		awake = new Map([...undecided, ...present]);
	}

	/** A pass that was before its last moment takes it for a member still; and until it serves, it may end again. */
	function rouse({ members }: ScaledPool): void {
		for (const { container, server } of members) {
			const { id, startedAt } = container;
			if (server !== undefined && (all().get(id) ?? startedAt) !== startedAt) set(id, undefined);
		}
	}

	return (pool) => {
		forget();
		const sleeping = pool.sleeping.filter(mayWake);
		sleeping.forEach(remember);
		rouse(pool);
		rememberFallen(pool);
		isFirst = false;
		const isAsked = pool.asked !== undefined && !isStopped(pool.asked.original.id);
		return { ...pool, sleeping, asked: isAsked ? pool.asked : undefined };
	};
}
