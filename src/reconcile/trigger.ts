import type { Clock } from "../clock.ts";
import type { Hints } from "./ports.ts";

export type Trigger = {
	/** Something may have changed. Urgent: something was taken away, and requests would go astray. */
	readonly hint: (hint: Hint) => void;
	/** Everything hinted since the last call, or nothing when `idle` passed; rejects when the signal aborts. */
	readonly next: (signal: AbortSignal) => Promise<Hints>;
};

export type Hint = { readonly container?: string; readonly all?: boolean; readonly urgent?: boolean };

/**
 * Gathers hints between passes (promise 3). One caller asks at a time, so what comes during a pass causes exactly one
 * more. The first hint after a rest is handed out at once; those that follow wait until `gap` has passed since the
 * last hand-out, so that a burst is one pass; an urgent one never waits.
 *
 * @param gap milliseconds
 * @param idle milliseconds after which `next` answers with nothing to read, so that the loop turns
 */
export function createTrigger(clock: Clock, gap: number, idle: number): Trigger {
	let containers = new Set<string>();
	let all = false;
	let urgent = false;
	let notBefore = 0;
	let wake = Promise.withResolvers<void>();

	function hint(given: Hint): void {
		if (given.container !== undefined) containers.add(given.container);
		all ||= given.all ?? false;
		urgent ||= given.urgent ?? false;
		wake.resolve();
	}

	async function next(signal: AbortSignal): Promise<Hints> {
		if (!hinted()) await wokenWithin(idle, signal);
		while (hinted() && !urgent && clock.now() < notBefore) await wokenWithin(notBefore - clock.now(), signal);
		signal.throwIfAborted();
		notBefore = clock.now() + gap;
		const hints = { all, containers };
		[containers, all, urgent] = [new Set(), false, false];
		return hints;
	}

	function hinted(): boolean {
		return all || containers.size > 0;
	}

	async function wokenWithin(ms: number, signal: AbortSignal): Promise<void> {
		wake = Promise.withResolvers<void>();
		const woken = new AbortController();
		const sleeping = clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
		await Promise.race([wake.promise, sleeping]).finally(() => woken.abort());
	}

	return { hint, next };
}
