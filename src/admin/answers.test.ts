import { expect, test } from "vitest";
import { fleetOfOne } from "../testing/generation-builder.ts";
import { badLabel, startingUp, webRow, wellStatus } from "../testing/status-builder.ts";
import { healthOf, serverRows, withOthers } from "./answers.ts";

const counted = { pool: "nodes", server: webRow.server, status: "UP", weight: 50, current: 2, total: 41 };

test("a server is told with what HAProxy counts of it", () => {
	expect(serverRows(fleetOfOne, [counted])).toEqual([{ ...webRow, weight: 50 }]);
});

test("a server that HAProxy does not tell of is unknown, with the weight it should have", () => {
	const others = [
		{ ...counted, pool: "api" },
		{ ...counted, server: "web-2" },
	];

	expect(serverRows(fleetOfOne, others)).toEqual([{ ...webRow, status: "unknown", current: 0, total: 0 }]);
});

test("before the first generation there is no server", () => {
	expect(serverRows(undefined, [counted])).toEqual([]);
});

test.each([
	[0, "abc", true, "HAProxy answers"],
	[30_000, "abc", true, "HAProxy answers"],
	[30_001, "abc", false, "has not turned for 30 s"],
	[0, undefined, false, "HAProxy does not answer"],
] as const)(
	"a loop that turned %d ms ago, and a process that runs %s: healthy is %s",
	(ago, loaded, healthy, why) => {
		expect(healthOf(ago, loaded)).toEqual({ healthy, why: expect.stringContaining(why) });
	},
);

test("a problem that no pass comes to degrades, a notice does not, and none changes nothing", () => {
	expect(withOthers(wellStatus, [])).toEqual(wellStatus);
	expect(withOthers({ ...wellStatus, problems: [startingUp] }, [badLabel])).toMatchObject({
		state: "degraded",
		problems: [startingUp, badLabel],
	});
	expect(withOthers(wellStatus, [startingUp])).toMatchObject({ state: "ok", problems: [startingUp] });
});
