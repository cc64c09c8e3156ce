import type { Clock } from "../clock.ts";
import { type Grown, grow } from "./grow.ts";
import type { ReplicasPort } from "./ports.ts";
import type { Source } from "./source.ts";

/** Makes a clone, and rests where that fails. Throws `AppError` as the engine does, and the same again while it rests. */
export type Starts = (source: Source, ordinal: number, signal: AbortSignal) => Promise<Grown>;

/** Until the next try, in milliseconds: twice as long each time. A network or an engine may be back at any moment. */
const [shortestGap, longestGap] = [2_000, 30_000];

export function createStarts(replicas: ReplicasPort, clock: Pick<Clock, "now">): Starts {
	let broken: { readonly gap: number; readonly until: number; readonly why: unknown } | undefined;

	return async (source, ordinal, signal) => {
		if (broken !== undefined && clock.now() < broken.until) throw broken.why;
		try {
			const grown = await grow(source.template, { ...source.order, ordinal }, replicas, signal);
			broken = undefined;
			return grown;
		} catch (why) {
			const gap = broken === undefined ? shortestGap : Math.min(2 * broken.gap, longestGap);
			broken = { gap, until: clock.now() + gap, why };
			throw why;
		}
	};
}
