import { expect, test } from "vitest";
import type { PoolLoad } from "../model/pool-load.ts";
import { cloned, original } from "../testing/scaled-members.ts";
import { countsOf, servingOf, startingClones } from "./counts.ts";

const load: PoolLoad = {
	...{ pool: "nodes", held: undefined, queued: 0, requests: 0, queueMs: 0, responseMs: 0 },
	servers: [
		{ server: "up-server", current: 3, open: true },
		{ server: "down-server", current: 0, open: false },
	],
};
const members = [
	original("up"),
	original("down"),
	original("new"),
	cloned(1, { server: undefined }),
	cloned(2, { server: undefined, failed: true }),
	original("down", { aside: true }),
];

test("each is ready, starting, unhealthy or taken out, and none of them twice", () => {
	expect(countsOf(members, load)).toEqual({ ready: 2, starting: 1, unhealthy: 2, aside: 1 });
});

test("while HAProxy says nothing, servers are taken to be well", () => {
	expect(countsOf(members, undefined)).toEqual({ ready: 3, starting: 1, unhealthy: 1, aside: 1 });
});

test("HAProxy has something to say of its servers alone", () => {
	expect(members.map((one) => servingOf(load)(one)?.current)).toEqual([
		3,
		0,
		undefined,
		undefined,
		undefined,
		0,
	]);
});

test("starting are the clones that are not ready, those that are in no list yet, and none of them twice", () => {
	const starting = cloned(3, { server: undefined });
	expect(startingClones([...members, starting], load, ["web-scale-3", "web-scale-4"])).toBe(3);
	expect(startingClones([original("up"), original("never", { server: undefined })], load, [])).toBe(0);
});
