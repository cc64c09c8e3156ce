import { expect, test } from "vitest";
import type { ScaleEvent } from "../model/membership.ts";
import { container, idOf } from "../testing/containers.ts";
import { createFakeClock, settled } from "../testing/fake-clock.ts";
import { cloned, original, sourceFor, willingReplicas } from "../testing/scaled-members.ts";
import { createCrew } from "./crew.ts";
import type { Departures } from "./departures.ts";
import type { ScalerPorts } from "./ports.ts";
import type { Leaver } from "./retire.ts";

const { signal } = new AbortController();
const place = { pool: "nodes", members: [original("web")], sleeping: [] };
const leaver: Leaver = {
	...{ id: idOf("web-scale-1"), name: "web-scale-1", pool: "nodes", server: "", startedAt: "" },
	...{ drainMs: 0, stopTimeout: 10, isBound: false, isClone: true, isLast: false },
};
const denied = { kind: "denied", message: "no POST" } as const;

function crewOf(
	replicas: Partial<ScalerPorts["replicas"]> = {},
	departing: Partial<Pick<Departures, "begin" | "discard" | "keep" | "names" | "fallingAsleep">> = {},
	isInDoubt = () => false,
) {
	const clock = createFakeClock();
	const [calls, events, retired, began]: [string[], ScaleEvent[], string[], Leaver[]] = [[], [], [], []];
	const unseen: string[] = [];
	const crew = createCrew({
		ports: { replicas: willingReplicas(calls, replicas), record: (all) => void events.push(...all) },
		lives: {
			started: ({ name }) => void unseen.push(name),
			retired: (id) => void retired.push(id),
			unseen: () => unseen,
		},
		departures: {
			begin: async (leaver) => {
				began.push(leaver);
				return { kind: "gone" };
			},
			discard: async () => ({ kind: "gone" }),
			keep: () => [],
			names: () => [],
			fallingAsleep: () => 0,
			...departing,
		},
		clock,
		isInDoubt,
	});
	return { crew, clock, calls, events, retired, began, unseen };
}

const created = (calls: readonly string[]) => calls.filter((call) => call.startsWith("create"));

test("what is made while the original is told to stop is not started, and no other is made", async () => {
	let isInDoubt = false;
	const create = async () => {
		isInDoubt = true;
		return { kind: "created", id: "new" } as const;
	};
	const { crew, calls, events, unseen } = crewOf({ create }, {}, () => isInDoubt);

	expect(await crew.add(sourceFor(), place, 3, "62 in flight", signal)).toBe(0);
	expect(calls).toEqual(["remove new"]);
	expect([...events, ...unseen]).toEqual([]);
});

test("those that sleep are woken before any clone is made, and none is made for one that is falling asleep", async () => {
	const sleeping = [{ container: container("web-2"), died: undefined }];
	const { crew, calls, events } = crewOf();
	expect(await crew.add(sourceFor(), { ...place, sleeping }, 2, "62 in flight", signal)).toBe(2);
	expect(calls.map((call) => call.split(" ")[0])).toEqual(["start", "create", "start"]);
	expect(events.map(({ name, why }) => `${name}: ${why}`)).toEqual([
		"web-2: woken: 62 in flight",
		"web-scale-1: 62 in flight",
	]);

	const soon = crewOf({}, { names: () => ["web-2"], fallingAsleep: () => 1 });
	expect(await soon.crew.add(sourceFor(), { ...place, sleeping }, 1, "", signal)).toBe(0);
	expect(soon.calls).toEqual([]);
});

test("clones are made and started one by one, and written down with the reason", async () => {
	const { crew, calls, events, unseen } = crewOf();
	expect(await crew.add(sourceFor(), place, 2, "2 more", signal)).toBe(2);

	expect(calls).toEqual(
		["web-scale-1", "web-scale-2"].flatMap((name) => [`create ${name}`, `start ${name}`]),
	);
	expect(unseen).toEqual(["web-scale-1", "web-scale-2"]);
	expect(events[0]).toEqual({
		...{ event: "scale-up", role: "backend", id: "web-scale-1", name: "web-scale-1" },
		...{ pool: "nodes", address: "", why: "2 more" },
	});
});

test("names in use are left out: of those there, not seen yet, and not gone yet", async () => {
	const { crew, calls, unseen } = crewOf({}, { names: () => ["web-scale-4"] });
	unseen.push("web-scale-1");
	const members = [original("web"), cloned(2)];
	await crew.add(sourceFor(), { pool: "nodes", members, sleeping: [] }, 2, "", signal);

	expect(created(calls)).toEqual(["create web-scale-3", "create web-scale-5"]);
});

test("one of somebody else's ends the row, and is left out from then on", async () => {
	const { crew, calls } = crewOf({
		create: async (name) => {
			calls.push(`create ${name}`);
			return name === "web-scale-1" ? { kind: "exists" } : { kind: "created", id: name };
		},
	});
	expect(await crew.add(sourceFor(), place, 2, "", signal)).toBe(0);
	expect(await crew.add(sourceFor(), place, 1, "", signal)).toBe(1);
	expect(created(calls)).toEqual(["create web-scale-1", "create web-scale-2"]);
	expect(crew.problem()).toBeUndefined();
});

test.each(["create", "start"] as const)("an engine that denies to %s one rests for 60 s", async (verb) => {
	const { crew, clock, calls } = crewOf({ [verb]: async () => denied });
	expect(await crew.add(sourceFor(), place, 3, "", signal)).toBe(0);
	expect(crew.problem()).toMatchObject({ code: "scale-denied", message: expect.stringContaining("no POST") });
	expect(calls.filter((call) => call.startsWith("remove"))).toHaveLength(verb === "start" ? 1 : 0);
	await clock.advance(59_999);
	expect(crew.isDenied()).toBe(true);
	await clock.advance(1);
	expect(crew.isDenied()).toBe(false);
});

test.each(["begin", "discard"] as const)("so does one that denies to stop one (%s)", async (verb) => {
	const { crew } = crewOf({}, { [verb]: async () => denied });
	if (verb === "begin") crew.takeAway("nodes", [cloned(1)], "", signal);
	else await crew.discard(leaver, "", signal);
	await settled();
	expect(crew.isDenied()).toBe(true);
	expect(crew.problem()).toMatchObject({ code: "scale-denied" });
});

test("that one may not be made is a problem still when another has gone", async () => {
	const { crew } = crewOf({ create: async () => denied }, { begin: async () => ({ kind: "gone" }) });
	await crew.add(sourceFor(), place, 1, "", signal);
	crew.takeAway("nodes", [cloned(1)], "", signal);
	await settled();
	expect(crew.problem()).toMatchObject({ code: "scale-denied" });
});

test("what can't be cloned is a problem with every reason, until there is another original", async () => {
	const { crew, calls } = crewOf();
	const source = sourceFor();
	const hostConfig = {
		...source.template.hostConfig,
		AutoRemove: true,
		PortBindings: { "80/tcp": [{ HostPort: "80" }] },
		Binds: ["data:/data"],
	};
	await crew.add({ ...source, template: { ...source.template, hostConfig } }, place, 1, "", signal);

	expect(calls).toEqual([]);
	const { message, hint } = crew.problem() ?? {};
	expect(crew.problem()).toMatchObject({ code: "not-cloned", subject: "web" });
	expect(message?.split("; ").length).toBeGreaterThanOrEqual(2);
	expect(hint?.split("; ").length).toBeGreaterThanOrEqual(2);
	crew.forget();
	expect(crew.problem()).toBeUndefined();
});

test("one that does not start is removed, and the failure is thrown", async () => {
	const { crew, calls, events } = crewOf({ start: async () => Promise.reject(new Error("no such network")) });
	await expect(crew.add(sourceFor(), place, 2, "", signal)).rejects.toThrow("no such network");
	expect(calls).toEqual(["create web-scale-1", "remove web-scale-1"]);
	expect(events).toEqual([]);
});

test("what can't be removed after that does not hide why it did not start", async () => {
	const { crew } = crewOf({
		start: async () => Promise.reject(new Error("no such network")),
		remove: async () => Promise.reject(new Error("busy")),
	});
	await expect(crew.add(sourceFor(), place, 1, "", signal)).rejects.toThrow("no such network");
});

test("those that go are written down, an original as one that stays on the engine", () => {
	const { crew, began, retired, events } = crewOf();
	const [web, clone] = [original("web", { drainMs: 3_000 }), cloned(1, { server: undefined })];
	crew.takeAway("nodes", [web, clone], "less load", signal);

	expect(began).toMatchObject([
		{ name: "web", server: "web-server", drainMs: 3_000, stopTimeout: 10, isClone: false },
		{ name: "web-scale-1", server: "", isClone: true },
	]);
	expect(retired).toEqual([web.container.id, clone.container.id]);
	expect(events).toMatchObject([
		{ event: "scale-down", name: "web", why: "less load" },
		{ event: "scale-down", name: "web-scale-1" },
	]);
});

test("those that are kept are written down as such", () => {
	const kept = { id: "x", name: "web-scale-1", pool: "nodes" } as Leaver;
	const { crew, events } = crewOf({}, { keep: () => [kept] });
	crew.keep(1, "more load");
	expect(events).toMatchObject([{ event: "scale-up", name: "web-scale-1", why: "kept: more load" }]);
});

test("where a clone can't be started, the next is tried ever more rarely, every 30 s in the end", async () => {
	const { crew, clock, calls } = crewOf({
		start: async () => {
			throw new Error("network shop not found");
		},
	});
	const waits: number[] = [];
	for (let at = 0, since = 0; waits.length < 6; at += 1_000) {
		const before = created(calls).length;
		await crew.add(sourceFor(), place, 1, "", signal).catch(() => undefined);
		if (created(calls).length > before) {
			waits.push((at - since) / 1_000);
			since = at;
		}
		await clock.advance(1_000);
	}

	expect(waits).toEqual([0, 2, 4, 8, 16, 30]);
});

test("one that is started ends that", async () => {
	let isBroken = true;
	const { crew, clock } = crewOf({
		start: async () => {
			if (isBroken) throw new Error("network shop not found");
			return { kind: "done" };
		},
	});
	await expect(crew.add(sourceFor(), place, 1, "", signal)).rejects.toThrow("network shop");
	isBroken = false;
	await clock.advance(2_000);

	expect(await crew.add(sourceFor(), place, 1, "", signal)).toBe(1);
	expect(await crew.add(sourceFor(), place, 1, "", signal)).toBe(1);
});
