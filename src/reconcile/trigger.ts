import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";
import type { Hints } from "./ports.ts";

export type Trigger = {
	/** Something may have changed. */
	readonly hint: (hint: Hint) => void;
	/**
	 * Everything hinted since the last call, or nothing when none came for `idle`; rejects when the signal aborts.
	 */
	readonly next: (pause: Pause, signal: AbortSignal) => Promise<Hints>;
	/** Aborts at the first urgent hint since the last call of `next`. */
	readonly overtaken: () => AbortSignal;
};

/** In milliseconds. */
export type Pause = {
	/** Must have passed since `next` is called, unless a hint is urgent. */
	readonly rest: number;
	/** After which `next` answers with nothing to read, if that is sooner than `idle`. */
	readonly within: number;
};

export type Hint = {
	/** The id of a container to read again. With neither this nor `all`, what is known is judged anew. */
	readonly container?: string;
	readonly all?: boolean;
	/** Something was taken away, and requests would go astray: it never waits. */
	readonly urgent?: boolean;
	/** HAProxy's process may have changed. It is looked at every `idle` as well, also while hints come, unless all are urgent. */
	readonly look?: boolean;
};

/**
 * Gathers hints between passes (promise 3). One caller asks at a time, so what comes during a pass causes exactly one
 * more. The first hint after a rest is handed out at once; those that follow a costly pass wait until its rest is over,
 * so that a burst becomes one pass.
 *
 * @param idle milliseconds after which `next` answers with nothing to read, so that the loop turns
 */
export function createTrigger(clock: Clock, idle: number): Trigger {
	let hinted = false;
	let containers = new Set<string>();
	let all = false;
	let urgent = false;
	let look = false;
	let lookedAt = clock.now();
	let overtaken = new AbortController();
	let wake = Promise.withResolvers<void>();

	function hint(given: Hint): void {
		if (given.container !== undefined) containers.add(given.container);
		all ||= given.all ?? false;
		look ||= given.look ?? false;
		if (given.urgent === true) {
			urgent = true;
			overtaken.abort(new Error("something happened that can't wait"));
		}
		hinted = true;
		wake.resolve();
	}

	async function next({ rest, within }: Pause, signal: AbortSignal): Promise<Hints> {
		const notBefore = clock.now() + rest;
		if (!hinted) await wokenWithin(Math.min(idle, within), signal);
		while (hinted && !urgent && clock.now() < notBefore) await wokenWithin(notBefore - clock.now(), signal);
		signal.throwIfAborted();
		const isDue = !urgent && clock.now() - lookedAt >= idle;
		const hints = { all, containers, urgent, look: look || all || isDue || !hinted };
		if (hints.look) lookedAt = clock.now();
		[hinted, containers, all, urgent, look] = [false, new Set(), false, false, false];
		overtaken = new AbortController();
		return hints;
	}

	async function wokenWithin(ms: number, signal: AbortSignal): Promise<void> {
		wake = Promise.withResolvers<void>();
		const enough = new AbortController();
		using _ends = onAbort(signal, (reason) => enough.abort(reason));
		await Promise.race([wake.promise, clock.sleep(ms, enough.signal)]).finally(() => enough.abort());
	}

	return { hint, next, overtaken: () => overtaken.signal };
}
