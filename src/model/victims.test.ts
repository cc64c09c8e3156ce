import { expect, test } from "vitest";
import { cloned, original } from "../testing/scaled-members.ts";
import type { ScaledMember } from "./scaled-pools.ts";
import { type Serving, victims } from "./victims.ts";

const generation = "0a1b2c3d4e5f";
const created = (at: string, one: ScaledMember) => ({ ...one, container: { ...one.container, created: at } });
const forGood = (one: ScaledMember): ScaledMember => ({
	...one,
	container: { ...one.container, endsForGood: true },
});
const [early, late] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];

/** The names in the order in which they go; whoever HAProxy tells nothing of answers, with nothing in flight. */
function order(members: readonly ScaledMember[], serving: Readonly<Record<string, Partial<Serving>>> = {}) {
	return victims(members, generation, ({ container: { name } }) => ({
		...{ current: 0, open: true },
		...serving[name],
	})).map(({ container: { name } }) => name);
}

test.each<[string, readonly ScaledMember[], Readonly<Record<string, Partial<Serving>>>]>([
	[
		"a clone before an original, however busy",
		[original("last"), cloned(1)],
		{ "web-scale-1": { current: 9 } },
	],
	[
		"who can be started again before whom Docker would remove",
		[forGood(original("last")), original("web-scale-1")],
		{ "web-scale-1": { current: 9 } },
	],
	[
		"who does not answer before who does",
		[cloned(2), cloned(1)],
		{ "web-scale-1": { open: false, current: 9 } },
	],
	["who fails before who does not", [cloned(2), cloned(1, { failed: true })], {}],
	[
		"an older generation before this",
		[cloned(2), cloned(1, {}, "ffffffffffff")],
		{ "web-scale-1": { current: 9 } },
	],
	["who has less to do", [cloned(2), cloned(1)], { "web-scale-2": { current: 1 } }],
	["the newer", [created(early, cloned(2)), created(late, cloned(1))], {}],
])("%s goes first", (_, members, serving) => {
	expect(order(members, serving)[0]).toBe("web-scale-1");
	expect(order(members.toReversed(), serving)[0]).toBe("web-scale-1");
});

test("who alone answers goes last, a clone also: else nobody would be served", () => {
	const members = [cloned(1), original("paused"), cloned(2)];
	expect(order(members, { paused: { open: false }, "web-scale-1": { current: 1 } })).toEqual([
		"web-scale-2",
		"paused",
		"web-scale-1",
	]);
	expect(order([forGood(original("paused")), cloned(1)], { paused: { open: false } }).at(-1)).toBe("paused");
});

test("who is alike goes in an order that does not change", () => {
	const alike = [cloned(1), cloned(2), cloned(3)];
	expect(order(alike)).toEqual(order(alike.toReversed()));
});

test("one that HAProxy knows nothing of does not answer", () => {
	const members = [cloned(2), cloned(1)];
	const serving = ({ container: { name } }: ScaledMember) =>
		name === "web-scale-2" ? { current: 0, open: true } : undefined;
	expect(victims(members, generation, serving)[0]).toBe(members[1]);
});
