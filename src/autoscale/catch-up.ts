import type { Clock } from "../clock.ts";

/** Whether all is known of what happened while the engine's events were not followed. */
export type CatchUp = {
	/** The events are followed from now on, and those that were missed are about to come; or they are not, for now. */
	readonly follows: (isFollowing: boolean) => void;
	/** What was missed has been told, as far as the engine has kept it. */
	readonly isTold: () => boolean;
	/** That was all, and who is still unheard of is to be asked after; `settle` once they were. */
	readonly isDue: () => boolean;
	readonly settle: () => void;
	/** How often something may have been missed. */
	readonly rounds: () => number;
	/** There is nothing more to be found out. */
	readonly isSettled: () => boolean;
};

/** What was missed comes first, and at once; in milliseconds. */
const toldWithinMs = 1_000;
/** How long events are waited for that can't be followed, in milliseconds. */
const mostDeafMs = 10_000;

/** @param isNew there is nothing before this */
export function createCatchUp(clock: Pick<Clock, "now">, isNew: boolean): CatchUp {
	let isFollowing = isNew;
	let isSettled = isNew;
	let toldFrom = isNew ? Number.NEGATIVE_INFINITY : clock.now() + mostDeafMs;
	let rounds = 0;
	const isTold = () => clock.now() >= toldFrom;

	return {
		follows: (now) => {
			if (now || isFollowing) {
				isSettled = false;
				rounds += 1;
				toldFrom = clock.now() + (now ? toldWithinMs : mostDeafMs);
			}
			isFollowing = now;
		},
		isTold,
		rounds: () => rounds,
		isDue: () => !isSettled && isTold(),
		settle: () => {
			isSettled = true;
		},
		isSettled: () => isSettled,
	};
}
