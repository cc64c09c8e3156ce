import { expect, test } from "vitest";
import { container, idOf, surroundings } from "../testing/containers.ts";
import { build } from "./build.ts";
import { marksOf } from "./clone-labels.ts";
import type { Container } from "./container.ts";

type Labels = Readonly<Record<string, string>>;

const old = (labels: Labels, over: Partial<Container> = {}) => container("old", { labels, ...over });
const young = (labels: Labels, over: Partial<Container> = {}) =>
	container("young", { created: "2026-01-02T00:00:00Z", labels, ...over });

function disagreements(...containers: readonly Container[]) {
	return build(surroundings({ containers })).problems.filter(({ code }) => code === "pool-disagreement");
}

test("a younger original that asks for another size is told what holds, whose word that is, and what to do", () => {
	expect(disagreements(young({ "ballast.scale": "1-4" }), old({ "ballast.scale": "1-8" }))).toEqual([
		{
			code: "pool-disagreement",
			severity: "problem",
			subject: "young",
			message:
				"label ballast.scale is 1-4, but 1-8 holds for the pool nodes: its oldest original, old, decides, and says 1-8",
			hint: "it passes once old is gone; to agree now, recreate one of the two with the label of the other",
		},
	]);
});

test("the oldest decides by what it leaves unsaid as well", () => {
	const scaled = { "ballast.scale": "1-8", "ballast.maxconn": "100" };
	const others = {
		...{ "ballast.scale.target": "9", "ballast.scale.rps": "5", "ballast.scale.down-after": "2m" },
		...{ "ballast.scale.mode": "advise", "ballast.scale.volumes": "share", "ballast.scale.ready": "61s" },
	};

	const told = disagreements(young({ ...scaled, ...others }), old(scaled)).map(({ message }) => message);

	for (const says of [
		"ballast.scale.target is 9, but 70 holds",
		"ballast.scale.rps is 5, but none holds",
		"ballast.scale.down-after is 2m, but ten times what a start takes holds",
		"ballast.scale.mode is advise, but auto holds",
		"ballast.scale.volumes is share, but refuse holds",
		"ballast.scale.ready is 61s, but 60s holds",
	])
		expect(told).toContainEqual(
			`label ${says} for the pool nodes: its oldest original, old, decides, and says nothing of it`,
		);
	expect(told).toHaveLength(6);
});

test("where the oldest asks for no size, a younger one's is told, and its other labels are about nothing", () => {
	expect(disagreements(young({ "ballast.scale": "2", "ballast.scale.target": "9" }), old({}))).toMatchObject([
		{ message: expect.stringMatching(/scale is 2, but none holds .* says nothing of it$/) },
	]);
});

const eight = { "ballast.scale": "1-8" };
const clone = container("old-scale-1", {
	created: "2026-01-02T00:00:00Z",
	labels: {
		...{ "ballast.scale": "1-4" },
		...marksOf(
			{ cloneOf: idOf("old"), generation: "0a1b2c3d4e5f", ordinal: 1, owner: "role=backend" },
			"ballast.",
		),
	},
});

test.each<[string, readonly Container[]]>([
	["one says the same", [young(eight), old(eight)]],
	["one says nothing", [young({}), old(eight)]],
	[
		"one writes what holds in another way, or says what holds anyway",
		[
			young({ ...{ "ballast.scale": "2-2", "ballast.scale.ready": "1m", "ballast.scale.compose": "join" } }),
			old({ "ballast.scale": "2", "ballast.scale.ready": "60s" }),
		],
	],
	["one is in another pool", [young({ "ballast.scale": "2", "ballast.pool": "api" }), old(eight)]],
	["one is no member", [young({ "ballast.scale": "2" }, { state: "paused" }), old(eight)]],
	["it is a clone", [clone, old(eight)]],
	["a clone is older", [{ ...clone, created: "2025-01-01T00:00:00Z" }, old(eight)]],
])("there is no disagreement where %s", (_, containers) => {
	expect(disagreements(...containers)).toEqual([]);
});

test("where scaling is switched off, that is what is told, and nothing else", () => {
	const containers = [young({ "ballast.scale": "2" }), old(eight)];

	const { problems } = build(surroundings({ containers, policy: { scales: false } }));

	expect(problems.map(({ code }) => code)).toEqual(["scale-off", "scale-off"]);
});
