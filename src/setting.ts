import type { Parser } from "./setting-parsers.ts";

/** One row of the table: everything there is to know of a setting. */
export type Setting<T> = {
	/** The environment variable; the flag is made of it: `BALLAST_STATS_PORT` → `--stats-port`. */
	readonly env: string;
	/** Taken when `env` is not set, before the default. */
	readonly envToo?: string;
	readonly meaning: string;
	readonly expected: string;
	/** As it would be written. An empty text in the environment counts as not set. */
	readonly default: string;
	readonly parse: Parser<T>;
	/** Never printed. */
	readonly secret?: true;
};

export function setting<T>(row: Setting<T>): Setting<T> {
	return row;
}
