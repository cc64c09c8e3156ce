import { setImmediate as turn } from "node:timers/promises";
import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";

/** A clock that stands still until a test moves it, and owns both now and waiting. */
export type FakeClock = Clock & {
	/** Moves on by `ms` milliseconds, waking who sleeps one after the other, each at its own time. */
	readonly advance: (ms: number) => Promise<void>;
	/** How many are asleep. */
	readonly sleeping: () => number;
};

type Sleeper = { readonly at: number; readonly wake: () => void };

export function createFakeClock(now = Date.parse("2026-01-01T00:00:00Z")): FakeClock {
	const sleepers = new Set<Sleeper>();
	let time = now;

	async function sleep(ms: number, signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const sleeper = { at: time + ms, wake: resolve };
		sleepers.add(sleeper);
		using _ = onAbort(signal, reject);
		await promise.finally(() => sleepers.delete(sleeper));
	}

	async function advance(ms: number): Promise<void> {
		const until = time + ms;
		for (;;) {
			await settled();
			const next = [...sleepers].sort((a, b) => a.at - b.at)[0];
			if (next === undefined || next.at > until) break;
			time = Math.max(time, next.at);
			sleepers.delete(next);
			next.wake();
		}
		time = until;
		await settled();
	}

	return { now: () => time, wall: () => time, sleep, advance, sleeping: () => sleepers.size };
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
	for (let turns = 0; turns < 5; turns += 1) await turn();
}
