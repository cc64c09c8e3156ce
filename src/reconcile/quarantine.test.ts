import fc from "fast-check";
import { expect, test } from "vitest";
import { fleetOf } from "../model/build.ts";
import { type Fleet, type Member, membersOf } from "../model/fleet.ts";
import type { Verdict } from "../model/generation.ts";
import { quarantine } from "./quarantine.ts";

const member = (pool: string, index: number): Member => ({
	pool,
	server: {
		name: `s${String(index).padStart(4, "0")}`,
		container: { id: `${index}`, name: `c${index}` },
		address: "10.0.0.1",
		port: 80,
		weight: 100,
	},
});
const names = (fleet: Fleet): readonly string[] =>
	membersOf(fleet)
		.map(({ server }) => server.name)
		.sort();

/** A parser that refuses every fleet with a culprit in it, and counts how often it is asked. */
function parser(isCulprit: (member: Member) => boolean) {
	const asked: Fleet[] = [];
	const check = async (fleet: Fleet): Promise<Verdict> => {
		asked.push(fleet);
		const culprit = membersOf(fleet).find(isCulprit);
		if (culprit === undefined) return { accepted: true };
		const finding = { file: "haproxy.cfg", line: 7, message: `no ${culprit.server.name}` };
		return { accepted: false, findings: [finding], output: "" };
	};
	return { check, asked };
}

test("a fleet that is accepted is asked about once, and stays whole", async () => {
	const fleet = fleetOf([member("a", 1), member("b", 2)]);
	const { check, asked } = parser(() => false);

	expect(await quarantine(fleet, check, true)).toEqual({ kind: "served", fleet, refused: [] });
	expect(asked).toHaveLength(1);
});

test("promise 7: whoever is at fault is left out with HAProxy's reason, everyone else stays", async () => {
	const members = [member("a", 1), member("a", 2), member("b", 3)];
	const { check } = parser(({ server }) => server.name === "s0002");
	const result = await quarantine(fleetOf(members), check, true);

	expect(result).toEqual({
		kind: "served",
		fleet: fleetOf([member("a", 1), member("b", 3)]),
		refused: [{ member: member("a", 2), finding: { file: "haproxy.cfg", line: 7, message: "no s0002" } }],
	});
});

test("promise 7: pools keep their policy while others are searched, and one whose policy is at fault goes as a whole", async () => {
	const policies = new Map([
		["a", { sticky: "cookie" }],
		["b", { check: "/b" }],
	] as const);
	const fleet = fleetOf([member("a", 1), member("a", 2), member("b", 3)], policies);
	const refusal = { accepted: false, findings: [], output: "no cookies" } as const;
	const check = async ({ pools }: Fleet): Promise<Verdict> =>
		pools.some(({ sticky }) => sticky === "cookie") ? refusal : { accepted: true };

	expect(await quarantine(fleet, check, true)).toMatchObject({
		kind: "served",
		fleet: fleetOf([member("b", 3)], policies),
		refused: [{ member: member("a", 1) }, { member: member("a", 2) }],
	});
});

test("promise 7: pools without fault are not taken apart", async () => {
	const members = Array.from({ length: 40 }, (_, index) => member(`p${index % 4}`, index));
	const { check, asked } = parser(({ server }) => server.name === "s0006");
	await quarantine(fleetOf(members), check, true);

	const whole = names(fleetOf(members.filter(({ pool }) => pool === "p1"))).length;
	const sizes = asked.map((fleet) => fleet.pools.find(({ name }) => name === "p1")?.servers.length ?? 0);
	expect(new Set(sizes)).toEqual(new Set([0, whole]));
});

test("a fault without any server is the template's or a setting's", async () => {
	const refusal: Verdict = { accepted: false, findings: [], output: "unknown keyword" };

	expect(await quarantine(fleetOf([member("a", 1)]), async () => refusal, true)).toEqual({
		kind: "refused",
		verdict: refusal,
	});
});

test("a fault in every server is the template's, unless an empty fleet is better than none", async () => {
	const members = [member("a", 1), member("b", 2)];
	const { check } = parser(() => true);

	expect(await quarantine(fleetOf(members), check, false)).toMatchObject({
		kind: "refused",
		verdict: { findings: [{ message: "no s0001" }] },
	});
	expect(await quarantine(fleetOf(members), check, true)).toMatchObject({
		kind: "served",
		fleet: fleetOf([]),
		refused: [{ member: member("a", 1) }, { member: member("b", 2) }],
	});
});

test("promise 7: k culprits among n are found, and nobody else, with about k·log n questions", async () => {
	const fleets = fc
		.record({ size: fc.integer({ min: 1, max: 200 }), pools: fc.integer({ min: 1, max: 10 }) })
		.chain(({ size, pools }) =>
			fc.record({
				members: fc.constant(Array.from({ length: size }, (_, index) => member(`p${index % pools}`, index))),
				culprits: fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 5 }),
				pools: fc.constant(pools),
			}),
		);

	await fc.assert(
		fc.asyncProperty(fleets, async ({ members, culprits, pools }) => {
			const bad = new Set(culprits.map((index) => member("", index).server.name));
			const { check, asked } = parser(({ server }) => bad.has(server.name));
			const result = await quarantine(fleetOf(members), check, true);

			expect(result.kind).toBe("served");
			if (result.kind !== "served") return;
			expect(new Set(result.refused.map((one) => one.member.server.name))).toEqual(bad);
			expect(names(result.fleet)).toEqual(names(fleetOf(members)).filter((name) => !bad.has(name)));
			const depth = Math.ceil(Math.log2(pools)) + Math.ceil(Math.log2(members.length));
			expect(asked.length).toBeLessThanOrEqual(4 + 2 * bad.size * depth);
		}),
		{ numRuns: 60 },
	);
});

test("of two that are refused only together, one is kept", async () => {
	const members = [member("a", 1), member("a", 2), member("a", 3)];
	const check = async (fleet: Fleet): Promise<Verdict> =>
		names(fleet).includes("s0001") && names(fleet).includes("s0003")
			? { accepted: false, findings: [], output: "duplicate" }
			: { accepted: true };

	expect(await quarantine(fleetOf(members), check, true)).toMatchObject({
		fleet: fleetOf([member("a", 1), member("a", 2)]),
		refused: [{ member: member("a", 3), finding: undefined }],
	});
});
