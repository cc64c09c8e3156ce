import { expect, test } from "vitest";
import { endpointsOf, type Runs, standInFor } from "./boot.ts";
import type { Listening } from "./container.ts";
import { endpointKey } from "./endpoint.ts";
import { emptyFleet, type Fleet, membersOf } from "./fleet.ts";

const fleet: Fleet = {
	pools: [
		{
			name: "nodes",
			sticky: "cookie",
			servers: ["web-1", "web-2"].map((name, at) => ({
				name: `${name}-0a1b2c3d`,
				container: { id: `${at}`.repeat(64), name },
				address: `10.0.0.${at + 1}`,
				port: 3000,
				weight: 100,
			})),
		},
	],
	routes: emptyFleet.routes,
};
const here: Runs = { machine: "boot-1", engine: "socket-1" };

/** What the probe found, by the address of each server. */
function found(answers: Record<string, "listens" | "deaf">): ReadonlyMap<string, Listening> {
	const answerOf = (address: string): Listening =>
		answers[address] === "listens"
			? { kind: "listens", address }
			: { kind: "deaf", overdue: false, fault: "refused" };
	return new Map(endpointsOf(fleet).map((one) => [endpointKey(one), answerOf(one.addresses[0] ?? "")]));
}

const both = found({ "10.0.0.1": "listens", "10.0.0.2": "listens" });
const first = found({ "10.0.0.1": "listens", "10.0.0.2": "deaf" });

test("in the same run of machine and engine, all that answer are served with their policy, and a notice tells", () => {
	const { fleet: served, problems } = standInFor({ fleet, told: here, now: here }, both);

	expect(served).toEqual(fleet);
	expect(problems).toMatchObject([{ code: "stale-membership", severity: "notice" }]);
	expect(problems[0]?.message).toContain("in this same run of machine and engine: 2 of them accept");
});

test.each<[string, Runs | undefined, Runs, string]>([
	["the machine has booted", here, { ...here, machine: "boot-2" }, "before the machine booted"],
	["the engine began anew", here, { ...here, engine: "socket-2" }, "in another run of the engine"],
	["the engine is gone", here, { ...here, engine: undefined }, "maybe in another run of the engine"],
	["the engine has no socket", { ...here, engine: undefined }, here, "maybe in another run of the engine"],
	["nothing was written down", undefined, here, "nobody knows in which run of the machine"],
	["the boot can't be told", here, { ...here, machine: undefined }, "nobody knows in which run"],
])("promise 11: where %s, the servers are stale, and a person hears of it", (_, told, now, why) => {
	const { problems } = standInFor({ fleet, told, now }, both);

	expect(problems).toMatchObject([{ code: "stale-membership", severity: "problem", subject: "servers" }]);
	expect(problems[0]?.message).toContain(why);
	expect(problems[0]?.message).toContain("their addresses may be others' by now");
});

test.each<[string, Runs]>([
	["stale", { machine: "boot-2", engine: "socket-2" }],
	["not stale", here],
])("a server that does not answer is left out and named, %s or not", (_, now) => {
	const { fleet: served, problems } = standInFor({ fleet, told: here, now }, first);

	expect(membersOf(served).map(({ server }) => server.container.name)).toEqual(["web-1"]);
	expect(problems[0]?.message).toContain("not served: web-2 at 10.0.0.2:3000");
});

test("one that was not tried yet is not served", () => {
	expect(standInFor({ fleet, told: here, now: here }, new Map()).fleet.pools[0]?.servers).toEqual([]);
});

test("without any server there is nothing to tell", () => {
	const nobody = { fleet: emptyFleet, told: undefined, now: here };

	expect(standInFor(nobody, new Map())).toEqual({ fleet: emptyFleet, problems: [] });
});
