import { setTimeout as delay } from "node:timers/promises";

/** Time as a port, now and waiting together, so that a test which moves one moves the other. */
export type Clock = {
	/** Milliseconds since some moment, for spans: never set back or forward, whatever happens to the machine's clock. */
	readonly now: () => number;
	/** Milliseconds since 1970 by the machine's clock, to be written down. */
	readonly wall: () => number;
	/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

export const systemClock: Clock = {
	now: () => performance.now(),
	wall: () => Date.now(),
	sleep: async (ms, signal) => {
		await delay(ms, undefined, { signal });
	},
};
