import { expect, test } from "vitest";
import { oneOf, parseMilliseconds, parseRange, parseSeconds, wholeNumber, within } from "./label-parsers.ts";
import { scaleVocabulary } from "./scale-labels.ts";

test.each<readonly [string, { readonly min: number; readonly max: number } | undefined]>([
	["2", { min: 2, max: 2 }],
	["1-8", { min: 1, max: 8 }],
	["3-3", { min: 3, max: 3 }],
	["1-1000", { min: 1, max: 1_000 }],
	["0-4", { min: 0, max: 4 }],
	...["0", "0-0", "8-1", "1-1001", "-3", "1-", "1 - 8", "1-8-9", "two", "1.5", "", "10000"].map(
		(text) => [text, undefined] as const,
	),
])("as a range %j is %j", (text, range) => {
	expect(parseRange(text)).toEqual(range);
});

test.each<readonly [string, number | undefined]>([
	["100ms", 100],
	["2s", 2_000],
	["60s", 60_000],
	["60000ms", 60_000],
	...["0ms", "61s", "60001ms", "100", "1m", "1.5s", "-1s", "", "100 ms", "100MS"].map(
		(text) => [text, undefined] as const,
	),
])("as milliseconds up to a minute %j is %j", (text, ms) => {
	expect(parseMilliseconds(text)).toBe(ms);
});

test.each<readonly [string, number | undefined]>([
	["1", 1],
	["007", 7],
	["10", 10],
	...["0", "11", "1.0", "+1", "1e1", "", " 1", "1234567890"].map((text) => [text, undefined] as const),
])("as a whole number from 1 to 10 %j is %j", (text, value) => {
	expect(wholeNumber(1, 10)(text)).toBe(value);
});

test("one of some words is that word, in this spelling", () => {
	expect(["join", "Join", "", "join "].map(oneOf("join", "detach"))).toEqual([
		"join",
		undefined,
		undefined,
		undefined,
	]);
});

test("a clone is given a second at least to be ready: with none, each would have failed", () => {
	const { parse } = scaleVocabulary["scale.ready"];
	expect(["0s", "0m", "1s", "24h", "86401s"].map(parse)).toEqual([
		undefined,
		undefined,
		1,
		86_400,
		undefined,
	]);
});

test("a bound leaves out what is below it and above", () => {
	const parse = within(1, 50, parseSeconds);
	expect(["0s", "1s", "50s", "51s", "soon"].map(parse)).toEqual([undefined, 1, 50, undefined, undefined]);
});
