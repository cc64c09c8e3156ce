import type { ScalerPorts } from "./ports.ts";

/** Tells HAProxy why nobody is there for those that wait; empty: there is nothing to tell. Never throws. */
export type Excuses = (pool: string, why: string, signal: AbortSignal) => Promise<void>;

export function createExcuses({ excuse }: Pick<ScalerPorts, "excuse">): Excuses {
	const told = new Set<string>();

	return async (pool, why, signal) => {
		if (why === "" && !told.delete(pool)) return;
		if (why !== "") told.add(pool);
		// It is said again with each decision: a process that replaces another has not been told.
		await excuse(pool, why, signal).catch(() => undefined);
	};
}
