import { isMark } from "./clone-labels.ts";
import {
	type LabelType,
	parseFlag,
	parseName,
	parsePath,
	parseSeconds,
	parseSticky,
	wholeNumber,
} from "./label-parsers.ts";

import { farness } from "./near-names.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";
import { scaleVocabulary } from "./scale-labels.ts";

/** How to tell which containers belong to us, and how to read what they ask for. */
export type LabelLanguage = {
	/** `key=value`, or a bare key that may have any value. */
	readonly join: string;
	/** Ends with a dot by custom: `ballast.`. */
	readonly prefix: string;
};

/** What one container asks for by its labels; what it does not say is undefined. */
export type Wishes = { readonly [Key in keyof typeof vocabulary]?: Parsed<(typeof vocabulary)[Key]> };

export type LabelReading = {
	/** Each label of ours that was found, by name. */
	readonly found: readonly FoundLabel[];
	readonly wishes: Wishes;
	readonly problems: readonly Problem[];
	/** A label of ours has a value that can't be understood: this container stays out, and no other. */
	readonly unusable: boolean;
};

type Key = keyof typeof vocabulary;

/** A label under the prefix, and what was made of it. */
export type FoundLabel = { readonly label: string; readonly text: string } & (
	| { readonly kind: "read"; readonly key: Key; readonly value: unknown }
	| { readonly kind: "unreadable"; readonly key: Key; readonly problem: Problem }
	/** `nearest`: the known label that comes closest. */
	| { readonly kind: "unknown"; readonly nearest: string; readonly problem: Problem }
);

type Parsed<Type> = Type extends LabelType<infer T> ? T : never;

/** Every label there is, by its key without the prefix. docs/labels.md is tested against this table. */
export const vocabulary = {
	check: {
		expected: "a path of letters, digits and `/._~-`, perhaps with `?`, `=` and `&`, 200 characters at most",
		example: "/healthz",
		parse: parsePath,
	},
	drain: { expected: "a time such as `10s` or `1m30s`, 24h at most", example: "30s", parse: parseSeconds },
	enable: { expected: "true or false", example: "false", parse: parseFlag },
	maxconn: { expected: "a whole number from 1 to 1000000", example: "20", parse: wholeNumber(1, 1_000_000) },
	network: { expected: "a Docker network's name", example: "shop_front", parse: parseName },
	pool: { expected: "letters, digits, `_`, `.` and `-`, 63 at most", example: "api", parse: parseName },
	port: { expected: "a port from 1 to 65535", example: "8080", parse: wholeNumber(1, 65_535) },
	...scaleVocabulary,
	sticky: { expected: "off, cookie or source", example: "cookie", parse: parseSticky },
	weight: { expected: "a whole number from 0 to 256", example: "50", parse: wholeNumber(0, 256) },
} as const satisfies Record<string, LabelType<unknown>>;

const keys = Object.keys(vocabulary) as readonly Key[];

export function wantsToJoin(labels: Readonly<Record<string, string>>, join: string): boolean {
	const at = join.indexOf("=");
	if (at < 0) return Object.hasOwn(labels, join);
	const key = join.slice(0, at);
	return Object.hasOwn(labels, key) && labels[key] === join.slice(at + 1);
}

/** Reads the labels under the prefix; `subject` names the container in the problems. */
export function readLabels(
	labels: Readonly<Record<string, string>>,
	language: LabelLanguage,
	subject: string,
): LabelReading {
	const found = Object.entries(labels)
		.filter(([label]) => label.startsWith(language.prefix))
		.sort(([a], [b]) => byText(a, b))
		.flatMap(([label, text]) => readLabel(label, text, language, subject) ?? []);
	const unreadable = problemsOf(found, "unreadable");
	const read = found.filter((one) => one.kind === "read").map(({ key, value }) => [key, value]);
	return {
		found,
		wishes: Object.fromEntries(read),
		problems: [...unreadable, ...problemsOf(found, "unknown")],
		unusable: unreadable.length > 0,
	};
}

/** Undefined for the join label, where it has our prefix, and for what Ballast itself writes on clones. */
function readLabel(
	label: string,
	text: string,
	language: LabelLanguage,
	subject: string,
): FoundLabel | undefined {
	const key = label.slice(language.prefix.length);
	if (isKey(key)) {
		const value = vocabulary[key].parse(text);
		if (value !== undefined) return { label, text, kind: "read", key, value };
		return { label, text, kind: "unreadable", key, problem: unreadableLabel(label, text, key, subject) };
	}
	if (label === joinKey(language) || isMark(key)) return undefined;
	const nearest = language.prefix + nearestKey(key);
	return { label, text, kind: "unknown", nearest, problem: unknownLabel(label, nearest, language, subject) };
}

function problemsOf(found: readonly FoundLabel[], kind: "unreadable" | "unknown"): readonly Problem[] {
	return found.flatMap((one) => (one.kind === kind ? one.problem : []));
}

function joinKey(language: LabelLanguage): string {
	return language.join.split("=", 1)[0] ?? "";
}

function isKey(key: string): key is Key {
	return Object.hasOwn(vocabulary, key);
}

function unknownLabel(label: string, nearest: string, language: LabelLanguage, subject: string): Problem {
	return {
		code: "unknown-label",
		severity: "problem",
		subject,
		message: `label ${printable(label)} is not one of Ballast's; it has no effect`,
		hint: `did you mean ${nearest}? Known: ${keys.map((key) => language.prefix + key).join(", ")}`,
	};
}

function nearestKey(written: string): string {
	return keys.reduce((best, key) => (farness(written, key) < farness(written, best) ? key : best));
}

function unreadableLabel(label: string, text: string, key: Key, subject: string): Problem {
	const { expected, example } = vocabulary[key];
	return {
		code: "bad-label",
		severity: "problem",
		subject,
		message: `label ${label} is ${printable(text)}, expected ${expected}; the container is not served`,
		hint: `recreate the container with, for example, ${label}=${example}, or without the label`,
	};
}

/** A value of somebody else's, fit for one line of a terminal: JSON-quoted, shortened, nothing that steers or can't be seen. */
export function printable(text: string): string {
	return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text).replaceAll(
		/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
		"?",
	);
}
