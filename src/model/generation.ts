import type { Fleet } from "./fleet.ts";

/** Everything HAProxy reads for one fleet: a directory to be. The same fleet, options and templates give the same bytes. */
export type Generation = {
	/** 12 hexadecimal digits, from the contents of `files`. */
	readonly id: string;
	/**
	 * The same, from what stays when servers come and go. It is the running process's `description`, so that it can be asked:
	 * a process of the same structure becomes another generation without a reload, unless it is `fixed`.
	 */
	readonly structure: string;
	/** Contents by path relative to the generation's directory, `haproxy.cfg` among them. */
	readonly files: ReadonlyMap<string, string>;
	readonly fleet: Fleet;
};

/** What `haproxy -c` said of a generation. */
export type Verdict =
	| { readonly accepted: true }
	| { readonly accepted: false; readonly findings: readonly Finding[]; readonly output: string };

/** One complaint of HAProxy's parser, with the line of the file it complains of. */
export type Finding = {
	/** Relative to the generation's directory, such as `haproxy.cfg`. */
	readonly file: string;
	/** From 1; 0 when HAProxy named no line. */
	readonly line: number;
	readonly message: string;
};

/** The structure of a configuration that says more of its servers than Ballast does: each that comes takes a reload. */
export function fixed(structure: string): string {
	return `${structure}-fixed`;
}

export function isFixed(structure: string): boolean {
	return structure.endsWith("-fixed");
}
