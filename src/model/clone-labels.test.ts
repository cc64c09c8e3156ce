import { describe, expect, test } from "vitest";
import { firstClone, type Saved, savedTemplate } from "../testing/templates.ts";
import { type CloneOrder, cloneOf } from "./clone.ts";
import { type CloneMarks, inheritedLabels, ownsClone, readMarks } from "./clone-labels.ts";
import { readLabels } from "./labels.ts";

function cloned(name: Saved, order: Partial<CloneOrder> = {}) {
	const cloning = cloneOf(savedTemplate(name), { ...firstClone, ...order });
	if (cloning.kind === "refused") throw new Error(JSON.stringify(cloning.refusals));
	return cloning;
}

describe("the labels of a clone", () => {
	test("are its original's, and say whose clone it is, of which generation, which one, and who made it", () => {
		const { body, generation } = cloned("many-options");

		expect(body.Labels).toEqual({
			"ballast.port": "3000",
			"ballast.scale": "1-4",
			role: "backend",
			"ballast.scale.clone-of": savedTemplate("many-options").id,
			"ballast.scale.generation": generation,
			"ballast.scale.ordinal": "1",
			"ballast.scale.owner": "proxy-1",
		});
	});

	test("have the prefix that Ballast's labels have", () => {
		const { body } = cloned("many-options", { prefix: "lb." });

		expect(body.Labels).toMatchObject({ "lb.scale.owner": "proxy-1" });
		expect(body.Labels).not.toHaveProperty(["ballast.scale.owner"]);
	});

	test("are Compose's too, with a number beyond those of replicas, so that it sees the clone", () => {
		const { body } = cloned("of-compose", { ordinal: 3 });

		expect(body.Labels).toMatchObject({
			...savedTemplate("of-compose").config.Labels,
			"com.docker.compose.container-number": "1003",
			"com.docker.compose.oneoff": "False",
		});
	});

	test("leave out what Compose wrote on one container alone", () => {
		const labels = { "com.docker.compose.replace": "1f", "com.docker.compose.slug": "1f", role: "backend" };

		expect(inheritedLabels(labels, "ballast.", "join")).toEqual({ role: "backend" });
	});

	test("are none of Compose's where clones are detached from it", () => {
		const { body } = cloned("of-compose", { compose: "detach" });

		expect(Object.keys(body.Labels).filter((label) => label.startsWith("com.docker."))).toEqual([]);
		expect(body.Labels).toMatchObject({ role: "test", "ballast.scale.ordinal": "1" });
	});
});

const cloning = cloned("many-options");
const clone = { name: cloning.name, labels: cloning.body.Labels };

test("a clone is known again, by who made it", () => {
	expect(readMarks(clone, "ballast.")).toEqual({
		cloneOf: savedTemplate("many-options").id,
		generation: cloning.generation,
		ordinal: 1,
		owner: "proxy-1",
	} satisfies CloneMarks);
	expect(ownsClone(clone, "ballast.", "proxy-1")).toBe(true);
	expect(ownsClone(clone, "ballast.", "proxy-2")).toBe(false);
	expect(ownsClone(clone, "lb.", "proxy-1")).toBe(false);
});

const without = (key: string) => {
	const labels = Object.entries(clone.labels).filter(([label]) => label !== `ballast.scale.${key}`);
	return { ...clone, labels: Object.fromEntries(labels) };
};
const having = (key: string, value: string) => ({
	...clone,
	labels: { ...clone.labels, [`ballast.scale.${key}`]: value },
});

test.each<[string, Parameters<typeof ownsClone>[0]]>([
	["its original", { name: "many", labels: savedTemplate("many-options").config.Labels }],
	["one of an image that was committed from a clone", { ...clone, name: "many" }],
	["a clone that somebody renamed", { ...clone, name: "kept-for-later" }],
	["one with the end of another's name", { ...clone, name: "many-scale-11" }],
	["one without its original", without("clone-of")],
	["one without a generation", without("generation")],
	["one without a number", without("ordinal")],
	["one without an owner", without("owner")],
	["one of a generation that is none", having("generation", "latest")],
	["one of an original that is none", having("clone-of", "many")],
	["one of a number that is none", having("ordinal", "01")],
])("no proxy owns %s", (_, container) => {
	expect(readMarks(container, "ballast.")).toBeUndefined();
	expect(ownsClone(container, "ballast.", "proxy-1")).toBe(false);
});

test("a proxy without an id owns nothing", () => {
	expect(ownsClone(having("owner", ""), "ballast.", "")).toBe(false);
});

test("what Ballast writes on a clone is neither a wish nor unknown, and what is like it is", () => {
	const read = (labels: Readonly<Record<string, string>>) =>
		readLabels(labels, { join: "role=backend", prefix: "ballast." }, "web");
	const { "ballast.scale": _, ...labels } = clone.labels;

	expect(read(labels)).toMatchObject({
		found: [{ label: "ballast.port" }],
		problems: [],
		unusable: false,
	});
	expect(read({ "ballast.scale.owners": "me" }).problems).toMatchObject([{ code: "unknown-label" }]);
});
