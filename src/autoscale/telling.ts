import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";

/** Does something, and tells of what it throws; the same again is no news. */
export type Telling = {
	/** @param pool empty: it is about all */
	readonly of: (pool: string, signal: AbortSignal, act: () => Promise<void>) => Promise<void>;
	readonly forget: (pool: string) => void;
};

export function createTelling(log: Pick<Log, "warn">): Telling {
	/** What failed the last time, by pool. */
	const told = new Map<string, string>();

	return {
		of: async (pool, signal, act) => {
			try {
				await act();
				told.delete(pool);
			} catch (thrown) {
				const message = messageOf(thrown);
				if (signal.aborted || told.get(pool) === message) return;
				told.set(pool, message);
				log.warn(pool === "" ? {} : { pool }, `scaling has to wait: ${message}`);
			}
		},
		forget: (pool) => void told.delete(pool),
	};
}
