import type { Clock } from "../clock.ts";
import type { Draft } from "../model/build.ts";
import type { Ends } from "./ends.ts";
import { createExcuses } from "./excuses.ts";
import { inquire } from "./inquest.ts";
import type { Keepers } from "./keepers.ts";
import type { ScalerPorts } from "./ports.ts";
import type { Room } from "./room.ts";
import type { Sweep } from "./sweep.ts";
import type { Telling } from "./telling.ts";

/** Decides about pools, one after the other. What fails is told, and never thrown. */
export type Round = {
	readonly decide: (pools: readonly string[], signal: AbortSignal) => Promise<void>;
	/** Beside a round that takes its time: about those that requests wait for. */
	readonly hurry: (pools: readonly string[], signal: AbortSignal) => Promise<void>;
	/** Another proxy that scales the same, and acts. */
	readonly leader: () => string | undefined;
	readonly forget: (pool: string) => void;
};

type Parts = {
	readonly ports: ScalerPorts;
	readonly clock: Pick<Clock, "now">;
	readonly ends: Ends;
	readonly keepers: () => Keepers;
	readonly sweep: Sweep;
	readonly telling: Telling;
};

export function createRound({ ports, clock, ends, keepers, sweep, telling }: Parts): Round {
	const excuse = createExcuses(ports);
	let leader: string | undefined;
	/** Pools that are being decided about. */
	const busy = new Set<string>();
	/** When each pool has started some. */
	const lastStarts = new Map<string, number>();

	async function decide(names: readonly string[], signal: AbortSignal): Promise<void> {
		leader = await ports.leader(signal);
		await inquire(keepers().memory(), { ends, ports }, signal);
		if (names.length > 0) await decideEach(names, await ports.room(), signal);
		if (leader === undefined) await sweep(ports.draft()?.standings ?? [], signal);
	}

	async function decideEach(names: readonly string[], all: Room, signal: AbortSignal): Promise<void> {
		let room = less(all, startingIn(keepers(), ports.draft()));
		// Whom requests wait for comes first, then who has waited longest: a pool that grows on would leave no other a place.
		const since = (name: string) =>
			keepers().of(name).isWaitedFor() ? Number.NEGATIVE_INFINITY : (lastStarts.get(name) ?? 0);
		for (const name of names.toSorted((a, b) => since(a) - since(b))) {
			await telling.of(name, signal, async () => {
				// Whom requests wait for does not wait for other pools' clones.
				const least = keepers().of(name).isWaitedFor() ? Math.min(1, all.canStart) : 0;
				const its = { ...room, canStart: Math.max(least, room.canStart) };
				room = less(room, await turn(name, its, signal));
			});
		}
	}

	async function turn(name: string, room: Room, signal: AbortSignal): Promise<number> {
		// A turn takes its time, and who was there before it may have gone.
		const all = keepers().pools(ports.draft());
		const pool = all.find((one) => one.pool === name);
		if (pool === undefined || busy.has(name)) return 0;
		const keeper = keepers().of(name);
		busy.add(name);
		try {
			const started = await keeper.turn(pool, room, leader === undefined, signal);
			if (started > 0) lastStarts.set(name, clock.now());
			return started;
		} finally {
			busy.delete(name);
			await excuse(name, keeper.excuse(), signal);
		}
	}

	async function hurry(names: readonly string[], signal: AbortSignal): Promise<void> {
		await telling.of("", signal, async () => {
			const { canStart, why } = await ports.room();
			const room = { canStart: Math.min(1, canStart), why };
			const turns = names.map(async (name) => {
				await telling.of(name, signal, async () => void (await turn(name, room, signal)));
			});
			await Promise.all(turns);
		});
	}

	return {
		hurry,
		decide: async (names, signal) => await telling.of("", signal, async () => await decide(names, signal)),
		leader: () => leader,
		forget: (pool) => void lastStarts.delete(pool),
	};
}

/** As many at once as there are processors: those of all pools that are starting have them. */
function startingIn(keepers: Keepers, draft: Draft | undefined): number {
	const pools = keepers.pools(draft);
	return pools.reduce((sum, pool) => sum + keepers.of(pool.pool).starting(pool), 0);
}

/** What is left of it once so many more are starting. */
function less(room: Room, starting: number): Room {
	return { ...room, canStart: room.canStart - starting };
}
