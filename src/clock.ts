import { setTimeout as delay } from "node:timers/promises";

/** Time as a port, now and waiting together, so that a test which moves one moves the other. */
export type Clock = {
	/** Milliseconds since 1970, as Date.now(). */
	readonly now: () => number;
	/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
};

export const systemClock: Clock = {
	now: () => Date.now(),
	sleep: async (ms, signal) => {
		await delay(ms, undefined, { signal });
	},
};
