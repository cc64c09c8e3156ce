import type { Known } from "./knowledge.ts";
import type { Found } from "./look.ts";

/** Whether the event stream tells of what happens. */
export type Hearing = {
	/** An event came. */
	readonly heard: () => void;
	/** A full list was read. */
	readonly listed: (found: readonly Found[], known: Known) => void;
};

/** A change in the moment before a list is told right after it, and long before the next. */
const enough = 2;

/**
 * A stream that is open and says nothing may be held back on the way, and so may its successors. That shows by full lists
 * that find changes, one after the other, and not a single event between them.
 *
 * @param onChange whether it is silent, each time that this changes
 */
export function createHearing(onChange: (isSilent: boolean) => void): Hearing {
	let surprises = 0;
	let isHeard = false;
	return {
		heard: () => {
			isHeard = true;
			if (surprises >= enough) onChange(false);
			surprises = 0;
		},
		listed: (found, known) => {
			const isSurprise = !isHeard && known.size > 0 && found.some((one) => isNews(one, known));
			isHeard = false;
			if (!isSurprise) return;
			surprises += 1;
			if (surprises === enough) onChange(true);
		},
	};
}

function isNews({ id, container }: Found, known: Known): boolean {
	return JSON.stringify(container) !== JSON.stringify(known.get(id));
}
