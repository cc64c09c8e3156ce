import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLabels, vocabulary, wantsToJoin } from "./labels.ts";

const language = { join: "role=backend", prefix: "ballast." };
const read = (labels: Record<string, string>, over = {}) =>
	readLabels(labels, { ...language, ...over }, "web");

describe("a label of ours becomes a typed value", () => {
	test.each([
		["check", "/", "/"],
		["check", "/health/ready?full=1&as=json", "/health/ready?full=1&as=json"],
		["check", "/~a.b_c-d", "/~a.b_c-d"],
		["check", `/${"0".repeat(199)}`, `/${"0".repeat(199)}`],
		["drain", "0s", 0],
		["drain", "10s", 10],
		["drain", "1m30s", 90],
		["drain", "90m", 5_400],
		["drain", "24h", 86_400],
		["drain", "1h0m5s", 3_605],
		["enable", "true", true],
		["enable", "false", false],
		["enable", "FALSE", false],
		["maxconn", "1", 1],
		["maxconn", "1000000", 1_000_000],
		["network", "shop_front", "shop_front"],
		["pool", "a", "a"],
		["pool", "Api_v1.2-x", "Api_v1.2-x"],
		["pool", "0".repeat(63), "0".repeat(63)],
		["pool", "constructor", "constructor"],
		["port", "1", 1],
		["port", "65535", 65_535],
		["port", "0080", 80],
		["scale.cpu", "70%", 0.7],
		["scale.cpu", "1", 0.01],
		["scale.cpu", "100%", 1],
		["scale.cpu", "off", "off"],
		["sticky", "off", "off"],
		["sticky", "cookie", "cookie"],
		["sticky", "source", "source"],
		["weight", "0", 0],
		["weight", "256", 256],
	])("%s=%s", (key, text, value) => {
		const label = `ballast.${key}`;
		expect(read({ [label]: text })).toEqual({
			found: [{ label, text, kind: "read", key, value }],
			wishes: { [key]: value },
			problems: [],
			unusable: false,
		});
	});
});

describe("a value that can't be understood is a problem, and the container stays out", () => {
	test.each([
		["check", ""],
		["check", "healthz"],
		["check", "http://evil/"],
		["check", "/a b"],
		["check", "/a\n    http-request deny"],
		["check", "/%[env(HOME)]"],
		["check", "/%20"],
		["check", "/$HOME"],
		["check", "/'a'"],
		["check", '/"a"'],
		["check", "/a#b"],
		["check", "/a\\"],
		["check", "/größe"],
		["check", `/${"0".repeat(200)}`],
		["drain", ""],
		["drain", "10"],
		["drain", "10 s"],
		["drain", "-10s"],
		["drain", "1.5m"],
		["drain", "500ms"],
		["drain", "30s1m"],
		["drain", "10x"],
		["drain", "24h1s"],
		["enable", ""],
		["enable", "yes"],
		["enable", "0"],
		["enable", " true"],
		["enable", "constructor"],
		["enable", "__proto__"],
		["maxconn", ""],
		["maxconn", "0"],
		["maxconn", "-1"],
		["maxconn", "1000001"],
		["maxconn", "1e3"],
		["network", ""],
		["network", "shop front"],
		["network", "-x"],
		["pool", ""],
		["pool", ".hidden"],
		["pool", "0".repeat(64)],
		["pool", "a\n"],
		["pool", "a b"],
		["pool", "größe"],
		["pool", "$HOME"],
		["pool", "%[env(PATH)]"],
		["pool", "a'"],
		["scale.cpu", "0%"],
		["scale.cpu", "101%"],
		["scale.cpu", "0.7"],
		["scale.cpu", "70 %"],
		["scale.cpu", "%"],
		["sticky", ""],
		["sticky", "true"],
		["sticky", "Cookie"],
		["sticky", "cookie secure"],
		["sticky", "constructor"],
		["port", "0"],
		["port", "65536"],
		["port", "-1"],
		["port", "8e3"],
		["port", "0x50"],
		["port", "80 "],
		["port", "80\n"],
		["port", "٨٠"],
		["port", "3000/tcp"],
		["weight", "257"],
		["weight", "1.5"],
		["weight", "9".repeat(40)],
	])("%s=%j", (key, text) => {
		const { wishes, problems, unusable } = read({ [`ballast.${key}`]: text });

		expect(unusable).toBe(true);
		expect(wishes).toEqual({ [key]: undefined });
		expect(problems).toMatchObject([{ code: "bad-label", severity: "problem", subject: "web" }]);
	});
});

test("a bad value is told with the label, what was got, what is expected, and an example", () => {
	const { problems } = read({ "ballast.port": "eighty" });

	expect(problems[0]?.message).toBe(
		'label ballast.port is "eighty", expected a port from 1 to 65535; the container is not served',
	);
	expect(problems[0]?.hint).toContain("ballast.port=8080");
});

test("every bad label is told at once", () => {
	const { problems } = read({ "ballast.port": "x", "ballast.weight": "y", "ballast.colour": "z" });

	expect(problems.map(({ code }) => code)).toEqual(["bad-label", "bad-label", "unknown-label"]);
});

test("each label is told of, by name, as read or with its problem", () => {
	const { found } = read({ "ballast.weight": "y", "ballast.colour": "z", "ballast.port": "80" });

	expect(found).toMatchObject([
		{ label: "ballast.colour", text: "z", kind: "unknown", problem: { code: "unknown-label" } },
		{ label: "ballast.port", text: "80", kind: "read", key: "port", value: 80 },
		{ label: "ballast.weight", text: "y", kind: "unreadable", problem: { code: "bad-label" } },
	]);
});

test.each([
	["ballast.prot", "did you mean ballast.port?"],
	["ballast.wieght", "did you mean ballast.weight?"],
	["ballast.Port", "did you mean ballast.port?"],
	["ballast.constructor", "did you mean"],
	["ballast.__proto__", "did you mean"],
	["ballast.", "did you mean"],
])("the unknown label %s has no effect, and is answered with the nearest known key", (label, hint) => {
	const { wishes, problems, unusable } = readLabels(JSON.parse(`{"${label}":"1"}`), language, "web");

	expect({ wishes, unusable }).toEqual({ wishes: {}, unusable: false });
	expect(problems).toMatchObject([{ code: "unknown-label", hint: expect.stringContaining(hint) }]);
});

test("labels that are not under the prefix are none of ours", () => {
	const labels = { port: "x", "ballastx.port": "x", "com.example.ballast.port": "x", maintainer: "me" };

	expect(read(labels)).toEqual({ found: [], wishes: {}, problems: [], unusable: false });
});

test("another prefix is another language", () => {
	const labels = { "lb.example.port": "81", "ballast.port": "82" };

	expect(read(labels, { prefix: "lb.example." }).wishes).toEqual({ port: 81 });
});

test.each(["ballast.join=yes", "ballast.join"])(
	"the join label %s is no unknown key, though it is under the prefix",
	(join) => {
		expect(read({ "ballast.join": "yes" }, { join }).problems).toEqual([]);
	},
);

test.each([
	["role=backend", { role: "backend" }, true],
	["role=backend", { role: "Backend" }, false],
	["role=backend", { role: "backend " }, false],
	["role=backend", {}, false],
	["role=", { role: "" }, true],
	["a=b=c", { a: "b=c" }, true],
	["serve-me", { "serve-me": "" }, true],
	["serve-me", { "serve-me": "false" }, true],
	["serve-me", { "serve-me-not": "" }, false],
	["constructor", {}, false],
	["toString=x", {}, false],
])("the join label %s and the labels %j: %s", (join, labels, joins) => {
	expect(wantsToJoin(labels, join)).toBe(joins);
});

test("a problem is one line without control or direction characters, whatever the label holds", () => {
	const unseen = fc.constantFrom(
		"\n",
		"\r",
		"\t",
		"\u001b[2J",
		"\u0085",
		"\u2028",
		"\u202e",
		"\u200b",
		"\u{e0001}",
		"x",
	);
	const hostile = fc.array(fc.oneof(unseen, fc.string({ unit: "binary", maxLength: 40 })), { maxLength: 4 });

	fc.assert(
		fc.property(hostile, hostile, (key, text) => {
			const { problems } = read({
				[`ballast.x${key.join("")}`]: text.join(""),
				"ballast.port": `x${text.join("")}`,
			});

			const told = problems.map(({ message, hint }) => message + hint).join("");
			expect(told).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
			expect(told.length).toBeLessThan(1_500);
		}),
	);
});

test("every example of the vocabulary is one of its values", () => {
	for (const { example, parse } of Object.values(vocabulary)) expect(parse(example)).not.toBeUndefined();
});
