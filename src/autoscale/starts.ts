import type { Clock } from "../clock.ts";
import { type Grown, grow } from "./grow.ts";
import type { Denied, ReplicasPort } from "./ports.ts";
import type { Source } from "./source.ts";

/**
 * Starts containers, and rests where that fails. Each throws `AppError` as the engine does, and the same again while it
 * rests.
 */
export type Starts = {
	/** Makes a clone. */
	readonly grow: (source: Source, ordinal: number, signal: AbortSignal) => Promise<Grown>;
	/** Starts one that was stopped. */
	readonly wake: (id: string, signal: AbortSignal) => Promise<{ readonly kind: "done" } | Denied>;
};

/** Until the next try, in milliseconds: twice as long each time. A network or an engine may be back at any moment. */
const [shortestGap, longestGap] = [2_000, 30_000];

export function createStarts(
	replicas: ReplicasPort,
	clock: Pick<Clock, "now">,
	isInDoubt: (source: Source) => boolean,
): Starts {
	let broken: { readonly gap: number; readonly until: number; readonly why: unknown } | undefined;

	async function unlessBroken<T>(act: () => Promise<T>): Promise<T> {
		if (broken !== undefined && clock.now() < broken.until) throw broken.why;
		try {
			const done = await act();
			broken = undefined;
			return done;
		} catch (why) {
			const gap = broken === undefined ? shortestGap : Math.min(2 * broken.gap, longestGap);
			broken = { gap, until: clock.now() + gap, why };
			throw why;
		}
	}

	return {
		grow: async (source, ordinal, signal) => {
			const { template, order } = source;
			const doubt = () => isInDoubt(source);
			return await unlessBroken(() => grow(template, { ...order, ordinal }, replicas, doubt, signal));
		},
		wake: async (id, signal) => await unlessBroken(() => replicas.start(id, signal)),
	};
}
