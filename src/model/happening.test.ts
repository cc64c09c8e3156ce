import { describe, expect, test } from "vitest";
import { fleetOf } from "./build.ts";
import type { Member } from "./fleet.ts";
import { happeningsOf, ownHappening, scaleHappenings } from "./happening.ts";
import type { MembershipEvent } from "./membership.ts";
import type { Problem } from "./problem.ts";

const change = (event: MembershipEvent["event"], name: string, pool = "nodes"): MembershipEvent => ({
	...{ event, role: "backend", name, id: name, address: "10.0.0.1:80", pool, why: `why ${name}` },
});
const member = (name: string, pool = "nodes"): Member => ({
	pool,
	server: { name, container: { id: name, name }, address: "10.0.0.1", port: 80, weight: 100 },
});
const told = (members: readonly Member[], ...changes: readonly MembershipEvent[]) =>
	happeningsOf({ fleet: fleetOf(members), generation: "abc", steps: [], changes }, []).map((happening) =>
		happening.kind === "pool"
			? `${happening.event} ${happening.pool} (${happening.why})`
			: `${happening.event} ${happening.kind === "member" ? happening.member.name : ""}`,
	);

describe("of a pass is told", () => {
	test("nothing, when nothing changed, however empty a pool is", () => {
		expect(told([])).toEqual([]);
	});

	test("a pool that became empty, after those who left it", () => {
		expect(told([], change("leave", "a"), change("failed", "b"))).toEqual([
			"member-leave a",
			"member-failed b",
			"pool-empty nodes (a: why a; b: why b)",
		]);
	});

	test("a pool that is gone with its last server as empty", () => {
		expect(told([member("a")], change("leave", "b", "api"))).toContain("pool-empty api (b: why b)");
	});

	test("a pool that is filled, after those who joined it, be it a new one", () => {
		expect(told([member("a")], change("join", "a"))).toContain("pool-filled nodes (a: why a)");
		expect(told([member("a", "api")], change("join", "a", "api"))).toContain("pool-filled api (a: why a)");
	});

	test.each([
		["one of two leaves", [member("a")], [change("leave", "b")]],
		["one joins others", [member("a"), member("b")], [change("join", "b")]],
		["one takes another's place", [member("b")], [change("leave", "a"), change("join", "b")]],
	] as const)("no pool as empty or filled when %s", (_, members, changes) => {
		expect(told(members, ...changes).filter((one) => one.startsWith("pool"))).toEqual([]);
	});

	test("the proxy's own start as a join, which fills no pool", () => {
		expect(told([], { ...change("join", "lb", ""), role: "balancer" })).toEqual(["member-join lb"]);
	});

	test("what scaling did as an event of its own, in its order", () => {
		const up = { ...change("join", "web-scale-1"), event: "scale-up", address: "" } as const;
		const down = { ...up, event: "scale-down", name: "web-scale-2" } as const;

		expect(scaleHappenings([up, down])).toEqual([
			{ kind: "scaling", event: "scale-up", member: up },
			{ kind: "scaling", event: "scale-down", member: down },
		]);
		expect(() => ownHappening("scale-up", undefined)).toThrow("one of Ballast's own");
	});

	test("a reload with its reasons, and each new problem, but no notice", () => {
		const reasons = [{ kind: "first-generation", subject: "" }] as const;
		const steps = [
			{ kind: "promote", generation: "abc" },
			{ kind: "reload", reasons },
		] as const;
		const problem: Problem = {
			code: "bad-label",
			severity: "problem",
			subject: "a",
			message: "m",
			hint: "h",
		};
		const result = { fleet: undefined, generation: "abc", steps, changes: [] };

		expect(happeningsOf(result, [problem, { ...problem, severity: "notice" }])).toEqual([
			{ kind: "reload", event: "reload", generation: "abc", reasons },
			{ kind: "problem", event: "problem", problem },
		]);
	});
});

describe("an event of one's own", () => {
	test.each(["deployed", "a", "db-2-switched", "0", "a".repeat(63)])("may be called %s", (name) => {
		expect(ownHappening(name, "x")).toEqual({ kind: "own", event: name, payload: "x" });
	});

	test.each(["", "-a", "Deployed", "a b", "../a", "a/b", "a.sh", "ä", "a\n", "a".repeat(64)])(
		"may not be called %j",
		(name) => {
			expect(() => ownHappening(name, undefined)).toThrow(/expected a-z, 0-9 and dashes/);
		},
	);

	test("may not be called like one of Ballast's", () => {
		expect(() => ownHappening("reload", undefined)).toThrow(/reload is one of Ballast's own/);
	});

	test("has a payload of 16 KiB at most, in bytes", () => {
		expect(ownHappening("a", "x".repeat(16_384))).toBeDefined();
		expect(() => ownHappening("a", "ä".repeat(8_193))).toThrow(/16386 bytes, expected 16384 at most/);
	});
});
