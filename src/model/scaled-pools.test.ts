import { describe, expect, test } from "vitest";
import { container, idOf, policy, surroundings } from "../testing/containers.ts";
import { build } from "./build.ts";
import { marksOf } from "./clone-labels.ts";
import type { Container } from "./container.ts";
import { scaledPools, scalePolicyOf } from "./scaled-pools.ts";

const generation = "0a1b2c3d4e5f";

function clone(
	ordinal: number,
	labels: Readonly<Record<string, string>> = {},
	owner = "role=backend",
): Container {
	const marks = marksOf({ cloneOf: idOf("web"), generation, ordinal, owner }, "ballast.");
	return container(`web-scale-${ordinal}`, { labels: { ...labels, ...marks } });
}

function original(name: string, labels: Readonly<Record<string, string>>, over: Partial<Container> = {}) {
	return container(name, { ...over, labels });
}

function poolsOf(...containers: readonly Container[]) {
	const { standings } = build(surroundings({ containers }));
	return scaledPools(standings, policy.labels, "role=backend");
}

const names = (...containers: readonly Container[]) =>
	poolsOf(...containers).map(({ pool, members }) => [pool, members.map((one) => one.container.name)]);

describe("the pools whose size is ours to keep", () => {
	test("are those that a container asks a size for, each with all who are in it", () => {
		const other = { "ballast.pool": "other", "ballast.scale": "2" };
		expect(
			names(
				original("web", { "ballast.scale": "1-4" }),
				original("web-2", {}, { created: "2026-01-02T00:00:00Z" }),
				original("api", other),
				original("alone", { "ballast.pool": "alone" }),
			),
		).toEqual([
			["nodes", ["web", "web-2"]],
			["other", ["api"]],
		]);
	});

	test("the oldest original decides, by what it leaves unsaid as well", () => {
		const young = { created: "2026-01-02T00:00:00Z" };
		const [{ asked } = { asked: undefined }] = poolsOf(
			original("young", { "ballast.scale": "5", "ballast.scale.target": "3" }, young),
			original("old", { "ballast.scale": "1-4" }),
		);
		expect(asked).toMatchObject({ original: { name: "old" }, policy: { min: 1, max: 4, target: 20 } });
		expect(poolsOf(original("young", { "ballast.scale": "5" }, young), original("old", {}))).toEqual([]);
	});

	test("clones have no say, however old they are", () => {
		const old = { ...clone(1, { "ballast.scale": "9" }), created: "2025-01-01T00:00:00Z" };
		expect(poolsOf(old, original("web", { "ballast.scale": "1-4" }))).toMatchObject([
			{
				asked: { policy: { max: 4 } },
				members: [{ clone: undefined }, { clone: { ordinal: 1, generation } }],
			},
		]);
	});

	test("clones that nobody asks for any more make one, too: they are to go", () => {
		expect(poolsOf(clone(1, { "ballast.scale": "9" }))).toMatchObject([{ asked: undefined }]);
		expect(poolsOf(clone(1), original("web", {}))).toMatchObject([{ asked: undefined }]);
	});

	test("a clone of another proxy is no original of ours", () => {
		expect(poolsOf(clone(1, { "ballast.scale": "2" }, "role=other"))).toEqual([]);
	});

	test("a clone of another proxy is none of ours to remove", () => {
		const [pool] = poolsOf(original("web", { "ballast.scale": "2" }), clone(1, {}, "role=other"));
		expect(pool?.members.map((one) => one.clone)).toEqual([undefined, undefined]);
	});

	test("who has ended or was told to stop is no member; who is paused or starts again is", () => {
		const states = ["exited", "created", "paused", "restarting"] as const;
		const others = states.map((state) => original(state, {}, { state, created: "2026-01-02T00:00:00Z" }));
		const [pool] = poolsOf(original("web", { "ballast.scale": "2" }), ...others);
		expect(pool?.members).toMatchObject([
			{ container: { name: "paused" }, server: undefined, failed: false },
			{ container: { name: "restarting" }, server: undefined, failed: true },
			{
				container: { name: "web" },
				server: `web-${idOf("web").slice(0, 8)}`,
				failed: false,
				drainMs: 10_000,
			},
		]);
	});

	test("the labels have the prefix that is set", () => {
		const labels = { "lb.scale": "2" };
		const around = surroundings({
			containers: [container("web", { labels })],
			policy: { labels: { join: "role=backend", prefix: "lb." } },
		});
		const language = { join: "role=backend", prefix: "lb." };
		expect(scaledPools(build(around).standings, language, "x")).toMatchObject([{ pool: "nodes" }]);
	});
});

describe("what is asked for", () => {
	test("without more than a range is what suits most", () => {
		expect(scalePolicyOf({ scale: { min: 1, max: 8 } })).toEqual({
			...{ min: 1, max: 8, target: 20, queueMs: 100, idleMs: 300_000, readyMs: 60_000, mode: "auto" },
		});
		expect(scalePolicyOf({ "scale.target": 5 })).toBeUndefined();
	});

	test.each([
		[{ maxconn: 50 }, 35],
		[{ maxconn: 1 }, 1],
		[{ maxconn: 50, "scale.target": 10 }, 10],
		[{}, 20],
	])("with %j a container is well used by %i in flight", (wishes, target) => {
		expect(scalePolicyOf({ scale: { min: 1, max: 8 }, ...wishes })?.target).toBe(target);
	});

	test.each([
		["a limit of its own", {}, 0.5, 0.7],
		["no limit", {}, undefined, undefined],
		["a limit, and a label", { "scale.cpu": 0.4 }, 0.5, 0.4],
		["a label alone", { "scale.cpu": 0.4 }, undefined, 0.4],
		["a limit, and no wish to count", { "scale.cpu": "off" }, 0.5, undefined],
	] as const)("processors count with %s", (_, wishes, processors, cpu) => {
		const container = processors === undefined ? {} : { processors };
		expect(scalePolicyOf({ scale: { min: 1, max: 8 }, ...wishes }, container)?.cpu).toBe(cpu);
	});

	test("the limit that counts is that of the oldest original", () => {
		const labels = { "ballast.scale": "1-4" };
		const limited = original("web", labels, { processors: 0.5 });
		const younger = original("other", labels, { created: "2026-02-01T00:00:00Z" });
		expect(poolsOf(younger, limited)).toMatchObject([{ asked: { policy: { cpu: 0.7 } } }]);
	});

	test("labels in seconds are milliseconds to the law", () => {
		const wishes = { "scale.ready": 20, "scale.down-after": 90, "scale.queue": 250, "scale.rps": 9 };
		expect(scalePolicyOf({ scale: { min: 1, max: 8 }, ...wishes, "scale.mode": "up-only" })).toMatchObject({
			...{ readyMs: 20_000, downAfterMs: 90_000, queueMs: 250, rps: 9, mode: "up-only" },
		});
	});
});

describe("what can't be had is a problem", () => {
	const problems = (one: Container, scales = true) =>
		build(surroundings({ containers: [one], policy: { scales } })).problems;

	test("of an operator who has not switched it on", () => {
		expect(problems(original("web", { "ballast.scale": "2" }), false)).toMatchObject([
			{ code: "scale-off", subject: "web", hint: expect.stringContaining("BALLAST_SCALE=on") },
		]);
		expect(problems(original("web", {}), false)).toEqual([]);
		expect(problems(original("web", { "ballast.scale": "2" }, { state: "exited" }), false)).toEqual([]);
	});

	test("of a policy that would flap, with the arithmetic; its pool is left as it is", () => {
		const flapping = original("web", { "ballast.scale": "1-4", "ballast.scale.down-after": "10s" });
		expect(problems(flapping)).toMatchObject([
			{
				code: "scale-refused",
				message: expect.stringContaining("down-after 10 s is shorter than ready 60 s"),
			},
		]);
		expect(poolsOf(flapping)).toEqual([]);
	});

	test("of more of the processors than can be used, likewise", () => {
		const greedy = original("web", { "ballast.scale": "1-4", "ballast.scale.cpu": "95%" });
		const message = expect.stringContaining("1.1 × 95 % = 105 % of the limit");
		expect(problems(greedy)).toMatchObject([{ code: "scale-refused", message }]);
	});

	test("of labels that are about a size which none asks for", () => {
		expect(problems(original("web", { "ballast.scale.target": "9" }))).toMatchObject([
			{ code: "scale-refused", message: expect.stringContaining("none of them is ballast.scale") },
		]);
	});

	test("but not where another of the pool asks for one", () => {
		const young = original("web-2", { "ballast.scale.target": "9" }, { created: "2026-01-02T00:00:00Z" });
		const found = build(
			surroundings({ containers: [original("web", { "ballast.scale": "1-4" }), young] }),
		).problems;
		expect(found.map(({ code }) => code)).not.toContain("scale-refused");
	});

	test("and told of an original alone", () => {
		expect(problems(clone(1, { "ballast.scale": "2" }), false)).toEqual([]);
	});
});
