import type { Clock } from "../clock.ts";

/** How often HAProxy may be reloaded: each process that a reload leaves behind takes memory until its last client goes. */
export type Pace = {
	/** Milliseconds until the next reload; 0: now. */
	readonly wait: () => number;
	/** A reload was made, and so many processes are there that only finish their connections. */
	readonly reloaded: (old: number) => void;
	/** The new process could not start. */
	readonly failed: () => void;
};

/** In milliseconds: after a reload that left nobody behind or a first one that failed, and the longest. */
const [shortest, longest] = [100, 10_000];

/** The rest after a reload doubles with each process that is left behind, and with each that fails in a row. */
export function createPace(clock: Pick<Clock, "now">): Pace {
	let notBefore = Number.NEGATIVE_INFINITY;
	let failures = 0;

	function rest(doublings: number): void {
		notBefore = clock.now() + Math.min(shortest * 2 ** doublings, longest);
	}

	return {
		wait: () => Math.max(0, notBefore - clock.now()),
		reloaded: (old) => {
			failures = 0;
			rest(old);
		},
		failed: () => {
			rest(failures);
			failures += 1;
		},
	};
}
