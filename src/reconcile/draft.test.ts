import { expect, test } from "vitest";
import { build } from "../model/build.ts";
import type { Listening } from "../model/container.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import { membersOf } from "../model/fleet.ts";
import type { Running } from "../model/running.ts";
import { type Answer, container, heard, policy, surroundings } from "../testing/containers.ts";
import { settled } from "../testing/fake-clock.ts";
import { createDraft } from "./draft.ts";
import type { Ports } from "./ports.ts";

const nobodyHeld = () => new Map();

const { signal } = new AbortController();
const names = (draft: Awaited<ReturnType<ReturnType<typeof createDraft>>>) =>
	membersOf(draft.fleet).map(({ server }) => server.container.name);

/** A probe that has found nothing out before `answers` is called. */
function slowProbe() {
	const tried = Promise.withResolvers<void>();
	const known = new Map<string, Listening>();
	const watched: (readonly Endpoint[])[] = [];
	const probe: Ports["probe"] = {
		watch: (endpoints) => watched.push(endpoints),
		listening: () => known,
		settled: async () => tried.promise,
	};
	const answers = () => {
		for (const endpoint of watched.flat()) known.set(endpointKey(endpoint), heard("yes", endpoint));
		tried.resolve();
	};
	return { probe, watched, answers };
}

const inventoryOf = (...containers: readonly ReturnType<typeof container>[]) =>
	surroundings({ containers }).inventory;

test("in the first draft every port has been tried: a controller that starts again empties no pool", async () => {
	const { probe, answers } = slowProbe();
	const draft = createDraft(probe, nobodyHeld, policy)(
		inventoryOf(container("a"), container("b")),
		undefined,
		undefined,
		signal,
	);
	await settled();
	answers();

	expect(names(await draft)).toEqual(["a", "b"]);
});

test("later nobody waits for a newcomer's port", async () => {
	const { probe, watched, answers } = slowProbe();
	const draftOf = createDraft(probe, nobodyHeld, policy);
	answers();
	await draftOf(inventoryOf(), undefined, undefined, signal);
	const draft = await draftOf(inventoryOf(container("late")), undefined, undefined, signal);

	expect(names(draft)).toEqual([]);
	expect(watched.at(-1)).toEqual(draft.probes);
	answers();
	expect(names(await draftOf(inventoryOf(container("late")), undefined, undefined, signal))).toEqual([
		"late",
	]);
});

test("a first draft whose wait was ended waits again the next time", async () => {
	const { probe, answers } = slowProbe();
	const broken = { ...probe, settled: () => Promise.reject(new Error("ended")) };
	let current: Ports["probe"] = broken;
	const draftOf = createDraft({ ...probe, settled: (ends) => current.settled(ends) }, nobodyHeld, policy);
	await expect(draftOf(inventoryOf(container("a")), undefined, undefined, signal)).rejects.toThrow("ended");
	current = probe;
	answers();

	expect(names(await draftOf(inventoryOf(container("a")), undefined, undefined, signal))).toEqual(["a"]);
});

test("promise 2: a member in force that is too busy for the probe stays, until it is silent", async () => {
	const busy = container("busy");
	let answer: Answer = "not-yet";
	let watched: readonly Endpoint[] = [];
	const probe: Ports["probe"] = {
		watch: (endpoints) => {
			watched = endpoints;
		},
		listening: () => new Map(watched.map((endpoint) => [endpointKey(endpoint), heard(answer, endpoint)])),
		settled: async () => undefined,
	};
	const everyone = surroundings({ containers: [busy] });
	const { fleet } = build(everyone);
	const draftOf = createDraft(probe, nobodyHeld, policy);
	const inForce = { id: "a", structure: "s", fleet };

	expect(names(await draftOf(everyone.inventory, inForce, undefined, signal))).toEqual(["busy"]);
	expect(names(await draftOf(everyone.inventory, inForce, undefined, signal))).toEqual(["busy"]);
	answer = "silent";
	expect(names(await draftOf(everyone.inventory, inForce, undefined, signal))).toEqual([]);
});

test("a container gets its name back from the process, unless another one's id begins alike", async () => {
	const { probe, answers } = slowProbe();
	answers();
	const digits = "0123abcd";
	const [old, young] = ["e", "f"].map((digit) => digits + digit.repeat(56));
	const server = `known-${digits}`;
	const running: Running = {
		pid: 7,
		structure: "any",
		servers: new Map([
			[
				`nodes/${server}`,
				{ pool: "nodes", server, address: "10.0.0.2", port: 3000, weight: 100, state: "ready" },
			],
		]),
	};
	const serversOf = async (...ids: readonly (string | undefined)[]) => {
		const containers = ids.map((id, index) => container(`c${index}`, { id: id ?? "", health: "healthy" }));
		const draft = await createDraft(probe, nobodyHeld, policy)(
			inventoryOf(...containers),
			undefined,
			running,
			signal,
		);
		return membersOf(draft.fleet).map((member) => member.server.name);
	};

	expect(await serversOf(old)).toEqual([server]);
	expect(await serversOf(old, young)).toEqual([`c0-${digits}`, `c1-${digits}`]);
});
