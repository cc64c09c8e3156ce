import { expect, test } from "vitest";
import { build } from "../model/build.ts";
import { marksOf } from "../model/clone-labels.ts";
import type { Container } from "../model/container.ts";
import { container, idOf, surroundings } from "../testing/containers.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { willingReplicas } from "../testing/scaled-members.ts";
import { createEnds } from "./ends.ts";
import { createSweep } from "./sweep.ts";

const { signal } = new AbortController();

function clone(over: Partial<Container>, owner = "proxy-1"): Container {
	const marks = { cloneOf: idOf("web"), generation: "0a1b2c3d4e5f", ordinal: 1, owner };
	return container("web-scale-1", { ...over, labels: marksOf(marks, "ballast.") });
}

/** What is removed of this one, which is found so many times. */
async function swept(
	one: Container,
	times: number,
	...actions: readonly string[]
): Promise<readonly string[]> {
	const clock = createFakeClock();
	const ends = createEnds(clock);
	for (const action of actions) {
		if (action === "ours") ends.ours(one.id);
		else ends.note({ containerId: one.id, action });
	}
	const calls: string[] = [];
	const ports = { replicas: willingReplicas(calls) };
	const sweep = createSweep({ ports, ends, clock, marking: { prefix: "ballast.", owner: "proxy-1" } });
	const { standings } = build(surroundings({ containers: [one] }));
	for (let looks = 0; looks < times; looks += 1) await sweep(standings, signal);
	return calls;
}

const created = "2025-12-31T23:58:00Z";

test.each<[string, Container, readonly string[]]>([
	["has ended while nobody followed", clone({ state: "exited" }), []],
	["has crashed", clone({ state: "exited" }), ["die"]],
	["Docker could not clear away", clone({ state: "dead" }), []],
	["was never started", clone({ state: "created", created }), []],
])("a clone that %s is removed, when it is found again and then no more", async (_, one, actions) => {
	expect(await swept(one, 1, ...actions)).toEqual([]);
	expect(await swept(one, 2, ...actions)).toEqual([`remove ${one.id}`]);
	expect(await swept(one, 5, ...actions)).toEqual([`remove ${one.id}`]);
});

test.each<[string, Container, readonly string[]]>([
	["a clone that runs", clone({}), []],
	["one that a person has stopped", clone({ state: "exited" }), ["kill", "die", "stop"]],
	["one that we are stopping", clone({ state: "exited" }), ["ours", "kill", "die"]],
	["one that was made just now", clone({ state: "created", created: "2025-12-31T23:59:30Z" }), []],
	["one of another proxy", clone({ state: "exited" }, "proxy-2"), []],
	["an original", container("web", { state: "exited" }), []],
])("%s stays", async (_, one, actions) => {
	expect(await swept(one, 3, ...actions)).toEqual([]);
});
