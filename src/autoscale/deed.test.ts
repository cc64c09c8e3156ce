import { expect, test } from "vitest";
import { decide, noMemory, type ScaleDecision } from "../model/scale.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import { cloned, original, sourceFor } from "../testing/scaled-members.ts";
import { observation } from "../testing/scaling.ts";
import { createDeed, isStale } from "./deed.ts";

const { signal } = new AbortController();
const source = sourceFor();
const fresh = (ordinal: number, over: Partial<ScaledMember> = {}) => cloned(ordinal, over, source.generation);
const policy = source.asked.policy;
const observed = observation({ ready: 3 });

function decision(over: Partial<ScaleDecision>): ScaleDecision {
	return { ...decide(policy, noMemory, observed).decision, why: "so", ...over };
}

function deedOf(made = 1, currents: readonly number[] = []) {
	const did: string[] = [];
	const deed = createDeed(
		{
			add: async (_, __, by, why) => {
				did.push(`add ${by}: ${why}`);
				return made;
			},
			takeAway: (_, going) =>
				void did.push(`take ${going.map(({ container: { name } }) => name).join(", ")}`),
			keep: (by) => void did.push(`keep ${by}`),
		},
		() => ({
			...{ pool: "nodes", held: undefined, queued: 0, requests: 0, queueMs: 0, responseMs: 0 },
			servers: currents.map((current, index) => ({
				server: `web-scale-${index + 1}-server`,
				current,
				open: true,
			})),
		}),
	);
	const act = async (members: readonly ScaledMember[], over: Partial<ScaleDecision>) =>
		await deed.act(source, { pool: "nodes", members, sleeping: [] }, decision(over), signal);
	return { act, did, deed };
}

test.each([
	["mend", "add 2: so"],
	["up", "add 2: so"],
	["un-drain", "keep 2"],
] as const)("%s is done as it was decided", async (kind, what) => {
	const { act, did } = deedOf();
	await act([original("web")], { kind, by: 2 });
	expect(did).toEqual([what]);
});

test("who has the least to do goes first, and clones before originals", async () => {
	const { act, did } = deedOf(1, [5, 1, 3]);
	await act([original("web"), fresh(1), fresh(2), fresh(3)], { kind: "down", by: 2 });
	expect(did).toEqual(["take web-scale-2, web-scale-3"]);
});

const why = "its original is another by now";
const old = cloned(7);

test("where nothing is to be done, an older clone gives way: first there is a new one, which gets ready", async () => {
	const { act, did, deed } = deedOf();
	await act([original("web"), old], { kind: "hold" });
	expect([did, deed.isRenewing()]).toEqual([[`add 1: ${why}`], true]);

	await act([original("web"), old, fresh(1)], { kind: "hold" });
	expect([did.at(-1), deed.isRenewing()]).toEqual(["take web-scale-7", false]);
	await act([original("web"), fresh(1)], { kind: "hold" });
	expect(did).toHaveLength(2);
});

test.each([
	["was not made", 0, []],
	["has ended before it was ready", 1, []],
	["is not well", 1, [fresh(1, { server: undefined, failed: true })]],
])("nobody goes for a new one that %s", async (_, made, others) => {
	const { act, did } = deedOf(made);
	await act([original("web"), old], { kind: "hold" });
	await act([original("web"), old, ...others], { kind: "hold" });
	expect(did).not.toContain("take web-scale-7");
});

test.each<[string, Partial<ScaleDecision>]>([
	["others are starting", { observed: { ...observed, starting: 1 } }],
	["others are going", { observed: { ...observed, draining: 1 } }],
	["starts have failed, and the next is to wait", { backOffUntil: 5 }],
	["too many have failed", { frozen: true }],
	["the machine can bear no more", { observed: { ...observed, canStart: 0 } }],
	["nothing is to be changed", { policy: { ...policy, mode: "paused" } }],
])("nothing is renewed while %s", async (_, over) => {
	const { act, did } = deedOf();
	await act([original("web"), old], { kind: "hold", ...over });
	expect(did).toEqual([]);
});

test("a clone is stale when it is of another generation than there would be now, if there would be one", () => {
	expect([old, fresh(1), original("web")].map((one) => isStale(one, source))).toEqual([true, false, false]);
	expect(isStale(old, { ...source, generation: undefined })).toBe(false);
});

test("where none is ever taken away for want of load, clones of an older generation give way all the same", async () => {
	const { act, did } = deedOf();

	await act([original("web"), old], { kind: "hold", policy: { ...policy, mode: "up-only" } });

	expect(did).toEqual([`add 1: ${why}`]);
});
