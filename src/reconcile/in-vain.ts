import type { Clock } from "../clock.ts";

/**
 * What was tried in vain lately: another try is dear, and not worth it at every event. HAProxy takes no connection for 2 s
 * when a new process can't bind (`MAX_START_RETRIES`, 200 times 10 ms), and each reload that succeeds leaves a process behind.
 */
export type InVain<T> = {
	/** What came of it; undefined: it may be tried. */
	readonly of: (key: string) => T | undefined;
	readonly add: (key: string, result: T) => void;
	readonly delete: (key: string) => void;
};

/**
 * In milliseconds, and twice as long each time. The loop turns every ten seconds at least: the second try comes within a
 * minute.
 */
const [shortest, longest] = [50_000, 1_600_000];

export function createInVain<T>(clock: Pick<Clock, "now">): InVain<T> {
	const known = new Map<string, { readonly result: T; readonly rest: number; readonly until: number }>();

	function add(key: string, result: T): void {
		const now = clock.now();
		for (const [old, { until }] of known) if (until + longest < now) known.delete(old);
		const before = known.get(key);
		const rest = before === undefined ? shortest : Math.min(before.rest * 2, longest);
		known.set(key, { result, rest, until: now + rest });
	}

	return {
		of: (key) => {
			const one = known.get(key);
			return one === undefined || one.until <= clock.now() ? undefined : one.result;
		},
		add,
		delete: (key) => void known.delete(key),
	};
}
