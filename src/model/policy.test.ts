import fc from "fast-check";
import { expect, test } from "vitest";
import { container, surroundings, told } from "../testing/containers.ts";
import { build } from "./build.ts";
import type { Container } from "./container.ts";
import { policyOf } from "./fleet.ts";

type Says = { readonly sticky?: string; readonly check?: string; readonly pool?: string };

/** A container that is the older the smaller its number. */
function says(name: string, age: number, wishes: Says, over: Partial<Container> = {}): Container {
	const labels = Object.fromEntries(Object.entries(wishes).map(([key, text]) => [`ballast.${key}`, text]));
	return container(name, { created: `2026-01-01T00:00:0${age}Z`, labels, ...over });
}

function poolsOf(...containers: readonly Container[]) {
	const { fleet, problems } = build(surroundings({ containers }));
	const policies = Object.fromEntries(fleet.pools.map((pool) => [pool.name, policyOf(pool)]));
	return { policies, problems: problems.filter(({ code }) => code === "pool-disagreement") };
}

test("members that say the same agree, each pool on its own policy", () => {
	const [cookie, other] = [
		{ sticky: "cookie", check: "/healthz" },
		{ sticky: "source", pool: "api" },
	];

	expect(poolsOf(says("a", 1, cookie), says("b", 2, cookie), says("c", 3, other))).toEqual({
		policies: { nodes: cookie, api: { sticky: "source" } },
		problems: [],
	});
});

test("off is what a pool is that nobody says anything of", () => {
	expect(poolsOf(says("a", 1, {}), says("b", 2, { sticky: "off" }))).toEqual({
		policies: { nodes: {} },
		problems: [],
	});
});

test("a younger member that says nothing goes along with the oldest", () => {
	expect(poolsOf(says("young", 2, {}), says("old", 1, { sticky: "cookie", check: "/up" }))).toEqual({
		policies: { nodes: { sticky: "cookie", check: "/up" } },
		problems: [],
	});
});

test("where two disagree the oldest decides, and the other is told what, who and what to do", () => {
	const { policies, problems } = poolsOf(
		says("a", 2, { sticky: "source", check: "/b" }),
		says("b", 1, { sticky: "cookie", check: "/b" }),
	);

	expect(policies).toEqual({ nodes: { sticky: "cookie", check: "/b" } });
	expect(problems).toEqual([
		{
			code: "pool-disagreement",
			severity: "problem",
			subject: "a",
			message:
				"label ballast.sticky is source, but cookie holds for the pool nodes: its oldest container, b, decides, and says cookie",
			hint: "it passes once b is gone; to agree now, recreate one of the two with the label of the other",
		},
	]);
});

test("no newcomer makes a pool check a path that nobody else may have: the oldest decides by what it leaves unsaid, too", () => {
	const { policies, problems } = poolsOf(says("old", 1, {}), says("new", 2, { check: "/healthz" }));

	expect(policies).toEqual({ nodes: {} });
	expect(problems).toMatchObject([
		{
			subject: "new",
			message: expect.stringMatching(/but none holds .* old, decides, and says nothing of it$/),
		},
	]);
});

const comingBack: Record<string, Partial<Container>> = {
	"is unhealthy": { health: "unhealthy" },
	"is not healthy yet": { health: "starting" },
	"is paused": { state: "paused" },
	"can't be reached": { networks: [] },
	"has no port": { exposedPorts: [] },
	"has died, and is about to be started again": { state: "restarting", exitCode: 1 },
};

test.each(Object.entries(comingBack))(
	"the oldest decides while it %s as well: one that comes and goes changes nothing for the others",
	(_, over) => {
		const old = says("old", 1, { sticky: "cookie" }, over);

		expect(poolsOf(old, says("b", 2, {}), says("c", 3, {}))).toEqual({
			policies: { nodes: { sticky: "cookie" } },
			problems: [],
		});
	},
);

test("a newcomer that never gets ready decides nothing, and is told nothing, unless it is alone", () => {
	const newcomer = says("new", 2, { sticky: "cookie" }, { health: "unhealthy" });

	expect(poolsOf(says("old", 1, {}), newcomer)).toEqual({ policies: { nodes: {} }, problems: [] });
	expect(poolsOf(newcomer).policies).toEqual({ nodes: { sticky: "cookie" } });
});

test("one that was told to stop has no say from then on", () => {
	const old = says("old", 1, { sticky: "source" });
	const containers = [old, says("new", 2, { sticky: "cookie" })];
	const { fleet } = build(surroundings({ containers, leaving: [told(old)] }));

	expect(fleet.pools.map(policyOf)).toEqual([{ sticky: "cookie" }]);
});

const without: Record<string, Partial<Container>> = {
	"has ended": { state: "exited" },
	"was never started": { state: "created" },
	"is a one-off": { labels: { "com.docker.compose.oneoff": "True", "ballast.sticky": "source" } },
	"is kept out": { labels: { "ballast.enable": "false", "ballast.sticky": "source" } },
};

test.each(Object.entries(without))(
	"an oldest that %s has no say: a rolling deploy changes the policy with its last old container",
	(_, over) => {
		const old = says("old", 1, { sticky: "source" }, over);

		expect(
			poolsOf(old, says("new-1", 2, { sticky: "cookie" }), says("new-2", 3, { sticky: "cookie" })),
		).toEqual({
			policies: { nodes: { sticky: "cookie" } },
			problems: [],
		});
	},
);

test("one whose label can't be understood has no say", () => {
	const bad = says("bad", 1, { sticky: "source", check: "healthz" });

	expect(poolsOf(bad, says("good", 2, { sticky: "cookie" })).policies).toEqual({
		nodes: { sticky: "cookie" },
	});
});

test("promise 10: of two that were created at once the first by id decides, whatever their order", () => {
	const all = ["source", "cookie", "off"].map((sticky, index) => says(`web-${index}`, 1, { sticky }));

	fc.assert(
		fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (containers) => {
			expect(poolsOf(...containers)).toEqual(poolsOf(...all));
		}),
	);
});

test("fractions of a second count, in whatever length Docker writes them", () => {
	const older = says("older", 1, { sticky: "source" }, { created: "2026-01-01T00:00:01.12Z" });
	const newer = says("newer", 1, { sticky: "cookie" }, { created: "2026-01-01T00:00:01.123Z" });

	expect(poolsOf(newer, older).policies).toEqual({ nodes: { sticky: "source" } });
});

test("requests wait for a server of a pool that may have none, and of no other", () => {
	const zero = (labels: Readonly<Record<string, string>>, over: Partial<Container> = {}) =>
		container("web", { labels, ...over });
	const waitOf = (one: Container, scales = true) => {
		const { fleet } = build(surroundings({ containers: [one], policy: { scales } }));
		return fleet.pools[0]?.wait;
	};
	const may = { "ballast.scale": "0-4", "ballast.scale.hold": "10s", "ballast.scale.hold-max": "5" };

	expect(waitOf(zero(may))).toEqual({ ms: 10_000, most: 5 });
	expect(waitOf(zero({ "ballast.scale": "0-4" }))).toEqual({ ms: 30_000, most: 256 });
	expect(waitOf(zero(may, { state: "exited" }))).toEqual({ ms: 10_000, most: 5 });
	expect(waitOf(zero({ ...may, "ballast.scale": "1-4" }))).toBeUndefined();
	expect(waitOf(zero(may), false)).toBeUndefined();
});
