/** Containers that load has had added (above 0) or taken away (below 0). */
export type Change = { readonly at: number; readonly by: number };

/** Milliseconds in which a pool at most doubles, or halves. */
const paceMs = 15_000;

/** How many more may be added, or taken away, now. */
export type Pace = { readonly up: number; readonly down: number };

/** `have`: those that are there, and those on their way. */
export function paceOf(changes: readonly Change[], have: number, now: number): Pace {
	const recent = lately(changes, now).map(({ by }) => by);
	const added = recent.filter((by) => by > 0).reduce((sum, by) => sum + by, 0);
	const removed = recent.filter((by) => by < 0).reduce((sum, by) => sum - by, 0);
	return {
		up: Math.max(0, Math.max(4, have - added) - added),
		down: Math.max(0, Math.max(1, Math.floor((have + removed) / 2)) - removed),
	};
}

/** What is needed at once is not paced. */
export function unpaced(pace: Pace, max: number): Pace {
	return { ...pace, up: max };
}

export function lately(changes: readonly Change[], now: number): readonly Change[] {
	return changes.filter(({ at }) => at > now - paceMs);
}
