import type { Clock } from "../clock.ts";

/** What was tried in vain lately: another try is dear, and not worth it at every event. */
export type InVain<T> = {
	/** What came of it; undefined: it may be tried. */
	readonly of: (key: string) => T | undefined;
	readonly add: (key: string, result: T) => void;
	readonly delete: (key: string) => void;
};

/** In milliseconds. The loop turns every ten seconds at least: each is tried again within a minute. */
const secondChance = 50_000;

export function createInVain<T>(clock: Pick<Clock, "now">): InVain<T> {
	const known = new Map<string, { readonly result: T; readonly until: number }>();

	function forgetOld(): void {
		for (const [key, { until }] of known) if (until <= clock.now()) known.delete(key);
	}

	return {
		of: (key) => {
			forgetOld();
			return known.get(key)?.result;
		},
		add: (key, result) => void known.set(key, { result, until: clock.now() + secondChance }),
		delete: (key) => void known.delete(key),
	};
}
