import { expect, test } from "vitest";
import { scalePolicy } from "../testing/scaling.ts";
import { policyFault, type ScalePolicy } from "./scale-policy.ts";

test.each([
	["bounds that can't both hold", { min: 5, max: 3 }, "at least 5 and at most 3 containers can't both hold"],
	[
		"no container at all",
		{ min: 0, max: 0 },
		"scale is 0-0, expected whole numbers, the larger one 1 at least",
	],
	["half a container", { min: 0.5 }, "scale is 0.5-8, expected whole numbers, the larger one 1 at least"],
	["a target of nothing", { target: 0 }, "target is 0, expected more than 0"],
	["requests per second of nothing", { rps: 0 }, "rps is 0, expected more than 0"],
	[
		"a full container that counts as too little",
		{ target: 20, maxconn: 10 },
		"maxconn 10 is less than 0.85 × 20 = 17: a full container counts as 0.5 of one, fewer than 0.85 seem enough, and what a queue adds is taken away again; expected a target of 11 at most",
	],
	["a share that is none", { cpu: 70 }, "cpu is 70, expected a share above 0 and up to 1"],
	[
		"processors that can't be used so much",
		{ cpu: 0.95 },
		"cpu 95 % adds a container above 1.1 × 95 % = 105 % of the limit, and none can use that much; expected 90 % at most",
	],
	[
		"a lull that is over before what it took away is back",
		{ downAfterMs: 10_000, readyMs: 60_000 },
		"down-after 10 s is shorter than ready 60 s: what a lull of 10 s takes away needs 60 s to come back",
	],
] as const satisfies readonly (readonly [string, Partial<ScalePolicy>, string])[])(
	"%s is refused with the arithmetic",
	(_, over, fault) => {
		expect(policyFault({ ...scalePolicy, ...over })).toBe(fault);
	},
);

test.each<Partial<ScalePolicy>>([
	{},
	{ min: 0 },
	{ min: 2, max: 2 },
	{ maxconn: 10, target: 7 },
	{ maxconn: 17, target: 20 },
	{ cpu: 0.9 },
	{ downAfterMs: 60_000, readyMs: 60_000 },
])("%j can hold", (over) => {
	expect(policyFault({ ...scalePolicy, ...over })).toBeUndefined();
});

test("all that is wrong is told at once", () => {
	expect(policyFault({ ...scalePolicy, min: 9, target: 0 })?.split("; ")).toHaveLength(2);
});
