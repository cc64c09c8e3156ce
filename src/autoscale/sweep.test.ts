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
const marking = { prefix: "ballast.", owner: "proxy-1" };

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
	const look = createSweep({ ports, ends, clock, marking, isFirst: false });
	const { standings } = build(surroundings({ containers: [one] }));
	for (let looks = 0; looks < times; looks += 1) await look(standings, signal);
	return calls;
}

/** A sweep of an engine in which there are these, and no pass tells of them. */
function sweeping(ones: readonly Container[], isFirst = false) {
	const clock = createFakeClock();
	const ends = createEnds(clock);
	const [calls, asked]: [string[], string[]] = [[], []];
	const replicas = willingReplicas(calls, {
		leftovers: async (label) => {
			asked.push(label);
			return ones.filter(({ id }) => !calls.includes(`remove ${id}`));
		},
	});
	const look = createSweep({ ports: { replicas }, ends, clock, marking, isFirst });
	const looks = async (times: number) => {
		for (let at = 0; at < times; at += 1) await look([], signal);
	};
	const again = () => {
		ends.follows(true);
		ends.settle();
	};
	return { clock, ends, calls, asked, looks, again };
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

test("one that is in no pass is asked for at the start, and again when something may have been missed", async () => {
	const one = clone({ state: "exited" });
	const { calls, asked, looks, again } = sweeping([one]);
	await looks(5);
	expect(calls).toEqual([`remove ${one.id}`]);
	expect(asked).toEqual(Array(2).fill("ballast.scale.owner=proxy-1"));

	again();
	await looks(5);
	expect(asked).toHaveLength(3);
});

test("one whose end is uncertain is asked for until that is known", async () => {
	const [one, other] = [clone({ state: "exited" }), { ...clone({ state: "exited" }), id: idOf("other") }];
	const { calls, ends, clock, looks } = sweeping([one, other]);
	ends.follows(true);
	await looks(3);
	for (const action of ["kill", "die", "stop"]) ends.note({ containerId: other.id, action });
	expect(calls).toEqual([]);
	await clock.advance(1_000);
	ends.settle();
	await looks(3);

	expect(calls).toEqual([`remove ${one.id}`]);
});

test("one that an earlier controller was taking away goes, whatever its end looks like", async () => {
	const one = clone({ state: "exited" });
	const calls: string[] = [];
	const clock = createFakeClock();
	const ends = createEnds(clock, { heardUntil: 1, stopped: [], ours: [one.id] });
	for (const action of ["kill", "die", "stop"]) ends.note({ containerId: one.id, action });
	const replicas = willingReplicas(calls, { leftovers: async () => [one] });
	const look = createSweep({ ports: { replicas }, ends, clock, marking, isFirst: false });
	for (let looks = 0; looks < 2; looks += 1) await look([], signal);

	expect(calls).toEqual([`remove ${one.id}`]);
});

test("where nothing is known of the past, those that have ended stay, and those that end later go", async () => {
	const [before, later] = [clone({ state: "exited" }), { ...clone({ state: "exited" }), id: idOf("later") }];
	const never = { ...clone({ state: "created", created }), id: idOf("never") };
	const ones = [before, never];
	const { calls, looks, again } = sweeping(ones, true);
	await looks(3);
	expect(calls).toEqual([`remove ${never.id}`]);
	ones.push(later);
	again();
	await looks(3);

	expect(calls).toEqual([`remove ${never.id}`, `remove ${later.id}`]);
});
