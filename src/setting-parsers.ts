import { isIP } from "node:net";

/** What a text has to be: its typed value, or null for a text that is not allowed. */
export type Parser<T> = (text: string) => T | null;

export function absolutePath(text: string): string | null {
	return /^\/\S*$/.test(text) ? text : null;
}

export function matching(pattern: RegExp): (text: string) => string | null {
	return (text) => (pattern.test(text) ? text : null);
}

export function wholeNumber(least: number, most: number): (text: string) => number | null {
	return (text) => {
		const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
		return value >= least && value <= most ? value : null;
	};
}

export function emptyOr<T>(parse: (text: string) => T | null): (text: string) => T | undefined | null {
	return (text) => (text === "" ? undefined : parse(text));
}

export function autoOr<T>(parse: (text: string) => T | null): (text: string) => T | "auto" | null {
	return (text) => (text === "auto" ? text : parse(text));
}

export function oneOf<const T extends string>(allowed: readonly T[]): (text: string) => T | null {
	return (text) => allowed.find((value) => value === text) ?? null;
}

export function onOff(text: string): boolean | null {
	return text === "on" || (text === "off" ? false : null);
}

/** HAProxy keeps times as milliseconds of 31 bits. */
export function haproxyTime(text: string): string | null {
	const [, count, unit] = /^([1-9]\d{0,9})([smh])$/.exec(text) ?? [];
	const seconds = Number(count) * (unit === "h" ? 3_600 : unit === "m" ? 60 : 1);
	return seconds * 1_000 < 2 ** 31 ? text : null;
}

export function cidrs(text: string): readonly string[] | null {
	const blocks = text.split(",").map((block) => block.trim());
	if (text.trim() === "") return [];
	return blocks.every(isCidr) ? blocks : null;
}

function isCidr(text: string): boolean {
	const [address = "", bits, ...more] = text.split("/");
	const version = address.includes("%") ? 0 : isIP(address);
	if (version === 0 || more.length > 0) return false;
	return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
