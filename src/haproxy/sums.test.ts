import { expect, test } from "vitest";
import { sumsOf } from "./sums.ts";

test("each file has its line, as sha256sum takes it", () => {
	const files = new Map([
		["haproxy.cfg", ""],
		["maps/routes.map", "* nodes\n"],
	]);

	expect(sumsOf(files).split("\n")).toEqual([
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  haproxy.cfg",
		expect.stringMatching(/^[0-9a-f]{64} {2}maps\/routes\.map$/),
		"",
	]);
});
