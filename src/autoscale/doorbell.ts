import { eitherOf } from "../abort.ts";
import type { Clock } from "../clock.ts";

/** Ends a rest early. It is rung until somebody answers. */
export type Doorbell = {
	readonly ring: () => void;
	readonly isRung: () => boolean;
	readonly answer: () => void;
	/** For so many milliseconds, until it rings, or until the signal aborts. */
	readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
};

export function createDoorbell(clock: Pick<Clock, "sleep">): Doorbell {
	let isRung = false;
	let rung = new AbortController();

	return {
		ring: () => {
			isRung = true;
			rung.abort();
		},
		isRung: () => isRung,
		answer: () => {
			isRung = false;
		},
		rest: async (ms, signal) => {
			// Of each rest its own: what waited for the next ring would grow for as long as nobody rings.
			if (rung.signal.aborted) rung = new AbortController();
			else {
				using either = eitherOf(signal, rung.signal);
				await clock.sleep(ms, either.signal).catch(() => undefined);
			}
		},
	};
}
