import { describe, expect, test } from "vitest";
import { duration, urls, webhookSecret } from "./setting-parsers.ts";
import { readSettings, type SettingName } from "./settings.ts";

const keyOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

test.each<[string, number | null]>([
	["1500ms", 1_500],
	["30s", 30_000],
	["5m", 300_000],
	["1h", 3_600_000],
	["61m", null],
	["0s", null],
	["30", null],
	["1.5s", null],
	[" 1s", null],
	["1d", null],
	["", null],
])("as a duration of an hour at most, %j is %j ms", (text, ms) => {
	expect(duration(3_600_000)(text)).toBe(ms);
});

test.each([
	["", []],
	[" ", []],
	["https://a.example/x?y=1, http://b:8080", ["https://a.example/x?y=1", "http://b:8080/"]],
	["ftp://a.example/", null],
	["https://user:password@a.example/", null],
	["https://a.example/,", null],
	["a.example/path", null],
])("as URLs, %j is %j", (text, found) => {
	expect(urls(text)).toEqual(found);
});

describe("the secret of webhooks", () => {
	test.each([keyOf(24), keyOf(32), keyOf(64)])("may be %s", (text) => {
		expect(webhookSecret(text)).toBe(text);
	});

	test.each([keyOf(23), keyOf(65), "a-key-of-mine", `${keyOf(24)}=`, keyOf(32).slice(6), ""])(
		"may not be %j",
		(text) => {
			expect(webhookSecret(text)).toBeNull();
		},
	);
});

test.each<[SettingName, string]>([
	["webhooks", "https://user:key@a.example/path"],
	["webhookSecret", "whsec_too-short"],
])("what is wrong with %s is told without telling it", (name, text) => {
	const read = () => readSettings({ flags: { [name]: text }, env: {} });

	expect(read).toThrow(`is "${text.length} secret characters", expected `);
	expect(read).not.toThrow(text);
});
