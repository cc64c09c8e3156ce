import { expect, test } from "vitest";
import { build } from "../model/build.ts";
import { readLabels, type Wishes } from "../model/labels.ts";
import { container, surroundings, told } from "../testing/containers.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { sourceFor, willingReplicas } from "../testing/scaled-members.ts";
import { savedTemplate } from "../testing/templates.ts";
import { createEnds } from "./ends.ts";
import { isInDoubt, sourceKept, sourceOf } from "./source.ts";

const { signal } = new AbortController();
const before = sourceFor();
const { asked } = before;
const marking = { prefix: "ballast.", owner: "proxy-1" };

function engine(there = true) {
	const ends = createEnds(createFakeClock());
	const asks: string[] = [];
	const replicas = willingReplicas([], {
		template: async (id) => {
			asks.push(id);
			return there ? { ...savedTemplate("many-options"), id } : undefined;
		},
	});
	const heard = (...actions: readonly string[]) => {
		for (const action of actions) ends.note({ containerId: asked.original.id, action });
	};
	return { ends, replicas, marking, asks, heard };
}

test("an original is read once, and its labels say how it is cloned", async () => {
	const world = engine();
	const wishes: Wishes = { "scale.compose": "detach", "scale.volumes": "share", "scale.ports": "drop" };
	const first = await sourceOf({ ...asked, wishes }, undefined, world, signal);
	expect(first).toMatchObject({
		order: { ...marking, compose: "detach", volumes: "share", ports: "drop" },
		generation: expect.stringMatching(/^[0-9a-f]{12}$/),
	});

	await sourceOf({ ...asked, wishes }, first, world, signal);
	expect(world.asks).toEqual([asked.original.id]);
	await sourceOf({ ...asked, original: container("api") }, first, world, signal);
	expect(world.asks).toHaveLength(2);
});

test("without a word it is cloned as strictly as can be", async () => {
	expect(await sourceOf(asked, undefined, engine(), signal)).toMatchObject({
		order: { compose: "join", volumes: "refuse", ports: "refuse" },
	});
});

test("what can't be cloned is of no generation", async () => {
	const world = engine();
	const replicas = willingReplicas([], {
		template: async () =>
			savedTemplate("many-options", ({ HostConfig }) => {
				HostConfig["AutoRemove"] = true;
			}),
	});
	const source = await sourceOf(asked, undefined, { ...world, replicas }, signal);
	expect(source).toMatchObject({ generation: undefined });
});

test("an original that is gone before it is read leaves things as they were", async () => {
	expect(await sourceOf(asked, undefined, engine(false), signal)).toBeUndefined();
	const another = { ...asked, original: container("api") };
	expect(await sourceOf(another, before, engine(false), signal)).toBe(before);
});

test.each<[string, readonly string[], boolean]>([
	["has crashed", ["die"], true],
	["is being told to stop", ["kill"], false],
	["was stopped", ["kill", "die", "stop"], false],
	["was removed", ["kill", "die", "destroy"], false],
	["has crashed and was removed", ["die", "destroy"], false],
])("with nobody asking, the one who did and that %s asks on: %s → %s", async (_, actions, goesOn) => {
	const world = engine();
	world.heard(...actions);
	expect(await sourceOf(undefined, before, world, signal)).toBe(goesOn ? before : undefined);
});

test("one that has gone while nobody listened asks for nothing any more", async () => {
	expect(await sourceOf(undefined, before, engine(false), signal)).toBeUndefined();
});

test("what an earlier controller has kept is the source that it had", async () => {
	const labels = { "ballast.scale": "2-4", "ballast.scale.volumes": "share" };
	const original = container("web", { labels });
	const language = { join: "role=backend", prefix: "ballast." };
	const template = { ...savedTemplate("many-options"), id: original.id };
	const { wishes } = readLabels(original.labels, language, "web");
	const policy = { ...before.asked.policy, min: 2, max: 4 };
	const had = await sourceOf({ policy, original, wishes }, undefined, engine(), signal);
	const kept = { original, template, members: [], parked: [] };

	expect(sourceKept(kept, language, marking)).toEqual(had);
	expect(sourceKept({ ...kept, original: container("web") }, language, marking)).toBeUndefined();
});

test("nobody asks where nobody ever has", async () => {
	expect(await sourceOf(undefined, undefined, engine(), signal)).toBeUndefined();
});

test.each(["1-4", "0-4"])(
	"an original of %s that a person has told to stop is in doubt until it has ended or joins again",
	(scale) => {
		const { ends, heard } = engine();
		const original = { ...asked.original, labels: { ...asked.original.labels, "ballast.scale": scale } };
		const [id, leaving] = told(original);
		const isLeft = build(
			surroundings({ containers: [original], leaving: [[id, { ...leaving, recent: true }]] }),
		);
		const isBack = build(surroundings({ containers: [original] }));
		heard("kill");
		expect(isInDoubt(before, isLeft, ends)).toBe(true);
		expect(isInDoubt(before, isBack, ends)).toBe(false);
		heard("die", "stop");
		expect(isInDoubt(before, isLeft, ends)).toBe(false);
	},
);
