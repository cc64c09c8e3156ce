/** How one label is read. */
export type LabelType<T> = {
	/** For the message and for docs/labels.md: `a port from 1 to 65535`. */
	readonly expected: string;
	readonly example: string;
	/** The typed value of an allowed text; undefined for any other. */
	readonly parse: (text: string) => T | undefined;
};

export function parseFlag(text: string): boolean | undefined {
	const word = text.toLowerCase();
	return word === "true" || (word === "false" ? false : undefined);
}

/** Whole seconds, written as Docker and HAProxy write times. */
export function parseSeconds(text: string): number | undefined {
	const parts = /^(?=\d)(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,5})s)?$/.exec(text);
	const [, hours = 0, minutes = 0, seconds = 0] = parts ?? [];
	const all = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
	return parts === null || all > mostSeconds ? undefined : all;
}

const mostSeconds = 24 * 60 * 60;

export function parsePath(text: string): string | undefined {
	return /^\/[a-zA-Z0-9/._~?=&-]{0,199}$/.test(text) ? text : undefined;
}

export function parseSticky(text: string): "off" | "cookie" | "source" | undefined {
	return text === "off" || text === "cookie" || text === "source" ? text : undefined;
}

export function parseName(text: string): string | undefined {
	return /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/.test(text) ? text : undefined;
}

export function wholeNumber(least: number, most: number): (text: string) => number | undefined {
	return (text) => {
		const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
		return value >= least && value <= most ? value : undefined;
	};
}

export function within(
	least: number,
	most: number,
	parse: (text: string) => number | undefined,
): (text: string) => number | undefined {
	return (text) => {
		const value = parse(text);
		return value !== undefined && value >= least && value <= most ? value : undefined;
	};
}

/** One of these words, in this spelling. */
export function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word | undefined {
	return (text) => words.find((word) => word === text);
}

/** Whole milliseconds, up to a minute. */
export function parseMilliseconds(text: string): number | undefined {
	const [, value, unit] = /^(\d{1,5})(ms|s)$/.exec(text) ?? [];
	const ms = Number(value) * (unit === "s" ? 1_000 : 1);
	return ms > 0 && ms <= 60_000 ? ms : undefined;
}

/** `70%` or `70`, as a share from 0.01 to 1; `off` is none at all. */
export function parseShare(text: string): number | "off" | undefined {
	if (text === "off") return text;
	const percent = wholeNumber(1, 100)(text.replace(/%$/, ""));
	return percent === undefined ? undefined : percent / 100;
}

/** `2` is exactly two, `1-8` from one to eight, `0-4` none while nobody asks, and four at most. */
export function parseRange(text: string): { readonly min: number; readonly max: number } | undefined {
	const [, least, most = least] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text) ?? [];
	const [min, max] = [Number(least), Number(most)];
	return max >= 1 && max >= min && max <= 1_000 ? { min, max } : undefined;
}
