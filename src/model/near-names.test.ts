import { expect, test } from "vitest";
import { nearNames } from "./near-names.ts";

const names = ["shop-web-1", "shop-web-2", "shop-db-1", "lb"];

test.each([
	["shop-wbe-1", ["shop-web-1", "shop-db-1"]],
	["web", ["shop-web-1", "shop-web-2"]],
	["SHOP-DB-1", ["shop-db-1", "shop-web-1"]],
	["entirely-else", []],
])("%s may mean %j", (written, meant) => {
	expect(nearNames(written, names)).toEqual(meant);
});

test("no more than a line holds", () => {
	expect(
		nearNames(
			"web",
			Array.from({ length: 99 }, (_, index) => `web-${index}`),
		),
	).toHaveLength(5);
});
