import { isIP } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";

/** What a text has to be: its typed value, or null for a text that is not allowed. */
export type Parser<T> = (text: string) => T | null;

export function absolutePath(text: string): string | null {
	return /^\/\S*$/.test(text) ? text : null;
}

/** As a shell would read it: `~/` is the home directory, whatever that is called. */
export function pathFromHome(text: string): string | null {
	if (!text.startsWith("~/")) return absolutePath(text);
	const below = absolutePath(text.slice("~".length));
	return below === null ? null : join(homedir(), below);
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

/** To milliseconds. */
export function duration(most: number): (text: string) => number | null {
	return (text) => {
		const [, count, unit] = /^([1-9]\d{0,8})(ms|s|m|h)$/.exec(text) ?? [];
		const ms = Number(count) * ({ ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[unit ?? ""] ?? Number.NaN);
		return ms <= most ? ms : null;
	};
}

/** A fetch refuses those that hold a user or a password. */
export function urls(text: string): readonly string[] | null {
	if (text.trim() === "") return [];
	const found = text.split(",").map((url) => URL.parse(url.trim()));
	const good = found.filter(
		(url) => url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "",
	);
	return good.length === found.length ? good.map(String) : null;
}

/** The form and the length that https://www.standardwebhooks.com asks for. */
export function webhookSecret(text: string): string | null {
	const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
	const bytes = Buffer.from(base64, "base64");
	return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64") === base64 ? text : null;
}

/** The image's forwarder takes it apart, in shell: nothing but a name or an address, an IPv6 one in brackets, and a port. */
export function syslogTarget(text: string): string | null {
	const [, bracketed, plain = "", port] =
		/^(?:udp|tcp):\/\/(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
	if (wholeNumber(1, 65_535)(port ?? "") === null) return null;
	return isHost(bracketed, plain) ? text : null;
}

function isHost(bracketed: string | undefined, plain: string): boolean {
	if (bracketed !== undefined) return isIP(bracketed) === 6 && !bracketed.includes("%");
	const isName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/.test(plain);
	return isName && (/[a-zA-Z]/.test(plain) || isIP(plain) === 4);
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
