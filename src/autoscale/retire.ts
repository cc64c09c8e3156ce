import type { Clock } from "../clock.ts";
import type { Denied, InFlight, ScalerPorts } from "./ports.ts";

/** Somebody who is to go. */
export type Leaver = {
	readonly id: string;
	readonly name: string;
	readonly pool: string;
	readonly server: string;
	/** How long it may finish what is in flight, in milliseconds. */
	readonly drainMs: number;
	/** A cookie binds clients to it: it waits for a pause of theirs. */
	readonly isBound: boolean;
	/** Seconds from its signal until Docker kills it. */
	readonly stopTimeout: number;
	/** When its present run began; a later one is not on its way out. */
	readonly startedAt: string;
	/** An original is stopped, and never removed. */
	readonly isClone: boolean;
	/** Nobody is left without it: with something in flight still when its time is over, it stays. */
	readonly isLast: boolean;
};

/** Whether it shall stay after all. */
export type Stay = {
	readonly isKept: () => boolean;
	/** It is told to stop now: it can't be kept any more. */
	readonly tooLate: () => void;
};

type RetirePorts = Pick<ScalerPorts, "hold" | "inFlight" | "replicas">;

/** Between two looks at what is in flight, in milliseconds. */
const lookGap = 100;
/** After so long nobody who is bound is taken to be there, in milliseconds. */
const pauseMs = 10_000;
/** What the last one has at least to be found quiet, in milliseconds. */
const lastMs = 5_000;

/**
 * Drains it, shuts it off once nothing is in flight there, and stops it when that has taken effect or its time is over; then
 * removes it with its anonymous volumes. Until it is told to stop it can be kept after all: then it gets requests again at once,
 * and this gives `kept`. One that has gone is held still: somebody may take it for one that runs. Throws `AppError` as the
 * engine does.
 */
export async function retire(
	leaver: Leaver,
	{ hold, inFlight, replicas }: RetirePorts,
	clock: Clock,
	{ isKept, tooLate }: Stay,
	signal: AbortSignal,
): Promise<{ readonly kind: "gone" } | { readonly kind: "kept" } | Denied> {
	const { id, pool, server, drainMs, stopTimeout, isClone, isLast, isBound } = leaver;
	// The last one goes only once HAProxy has told that nothing is in flight, which takes a moment.
	const deadline = clock.now() + (isLast ? Math.max(drainMs, lastMs) : drainMs);
	let end: Awaited<ReturnType<typeof retire>> = { kind: "kept" };
	hold(id, "drain");
	try {
		const isPaused = isBound ? pauseOf(clock) : () => true;
		await untilDeadline((now) => isPaused(now) && now.state !== "open" && now.open + now.queued === 0);
		// A drained server still gets the clients that are bound to it.
		if (!isKept()) hold(id, "maint");
		const isQuiet = await untilDeadline(({ state, open }) => state === "out" && open === 0);
		if (isKept() || (isLast && !isQuiet)) return end;
		tooLate();
		end = endOf(await replicas.stop(id, stopTimeout, signal));
		if (end.kind === "gone" && isClone) end = endOf(await replicas.remove(id, signal));
		return end;
	} finally {
		if (end.kind !== "gone") hold(id, undefined);
	}

	/** One that HAProxy does not tell of may have requests in flight for all that is known. */
	async function untilDeadline(isSo: (now: InFlight) => boolean): Promise<boolean> {
		while (!isKept() && clock.now() < deadline) {
			const now = await inFlight(pool, server, signal).catch(() => undefined);
			if (now !== undefined && isSo(now)) return true;
			await clock.sleep(lookGap, signal);
		}
		return false;
	}
}

function endOf(change: { readonly kind: "done" } | Denied): { readonly kind: "gone" } | Denied {
	return change.kind === "denied" ? change : { kind: "gone" };
}

/** Whether nothing has come for long enough. */
function pauseOf(clock: Pick<Clock, "now">): (now: InFlight) => boolean {
	let [served, since] = [-1, clock.now()];
	return (now) => {
		if (now.served !== served) [served, since] = [now.served, clock.now()];
		return clock.now() - since >= pauseMs;
	};
}
