import { expect, test } from "vitest";
import { optionsFor } from "./options.ts";
import { readSettings } from "./settings.ts";

const machine = { threads: 2, openFiles: 5_000, ipv6: false };
const optionsWith = (maxconn: string, openFiles = machine.openFiles) =>
	optionsFor(readSettings({ flags: { maxconn }, env: {} }), "a-key-of-cookies", { ...machine, openFiles });

test.each([
	["auto", 5_000, 2_250],
	["auto", 1_000_000, 20_000],
	["2250", 5_000, 2_250],
	["400000", 1_000_000, 400_000],
])("connections %s with %d open files come to %d", (setting, openFiles, connections) => {
	expect(optionsWith(setting, openFiles).maxconn).toBe(connections);
});

test("more connections than the limit of open files affords are refused, since HAProxy would not start", () => {
	expect(() => optionsWith("2251")).toThrow(
		expect.objectContaining({
			code: "bad-setting",
			message: "BALLAST_MAXCONN is 2251, expected 2250 at most: no more than 5000 files may be open",
			hint: expect.stringContaining("--ulimit nofile=5002"),
		}),
	);
});
