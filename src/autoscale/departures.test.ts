import { expect, test } from "vitest";
import { createLog } from "../log.ts";
import type { Hold } from "../model/fleet.ts";
import { noScaleMemory } from "../model/scale-memory.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import { createFakeClock, settled } from "../testing/fake-clock.ts";
import { cloned, willingReplicas } from "../testing/scaled-members.ts";
import { createDepartures } from "./departures.ts";
import { createEnds } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";
import type { Leaver } from "./retire.ts";

const { signal } = new AbortController();
const [one, two] = [cloned(1), cloned(2)];
const leaver = ({ container: { id, name, startedAt }, server = "", drainMs }: ScaledMember): Leaver => ({
	...{ id, name, startedAt, server, drainMs },
	...{ pool: "nodes", stopTimeout: 10, isClone: true, isLast: false, isBound: false },
});

function leaving(replicas: Partial<ScalerPorts["replicas"]> = {}) {
	const clock = createFakeClock();
	const ends = createEnds(clock);
	const [calls, warnings]: [string[], string[]] = [[], []];
	const held = new Map<string, Hold>();
	const now = { open: 1 };
	const unused = () => Promise.reject(new Error("unused"));
	const ports: ScalerPorts = {
		...{
			draft: () => undefined,
			load: unused,
			usage: unused,
			order: () => undefined,
			leader: unused,
			room: unused,
			complain: () => undefined,
			record: () => undefined,
			memory: { kept: noScaleMemory, keep: unused, problems: () => [] },
			excuse: unused,
			asleep: { all: () => new Map(), set: () => undefined },
		},
		hold: (id, hold) => {
			if (hold === undefined) held.delete(id);
			else held.set(id, hold);
		},
		inFlight: async () => ({
			state: now.open === 0 ? "out" : "drained",
			open: now.open,
			queued: 0,
			served: 0,
		}),
		replicas: willingReplicas(calls, replicas),
	};
	const log = createLog("warn", { write: (line) => void warnings.push(JSON.parse(line).msg) });
	const departures = createDepartures({ ports, ends, clock, log });
	return { departures, ends, clock, calls, warnings, held, now };
}

test("those on their way are out of the count, and finish beside each other", async () => {
	const { departures, ends, clock, now, calls } = leaving();
	void departures.begin(leaver(one), signal);
	void departures.begin(leaver(two), signal);
	expect(departures.staying([one, two, cloned(3)])).toEqual([cloned(3)]);
	expect([...departures.servers()]).toEqual([one.server, two.server]);
	expect(departures.names()).toEqual(["web-scale-1", "web-scale-2"]);
	expect([departures.draining(), departures.isGoingOn()]).toEqual([2, true]);
	expect(ends.of(one.container.id)).toBe("wanted");

	now.open = 0;
	await clock.advance(200);
	expect(calls.filter((call) => call.startsWith("remove"))).toHaveLength(2);
	expect([departures.draining(), departures.isGoingOn()]).toEqual([0, false]);
});

test("the latest are kept first: they count again at once, and are open again soon", async () => {
	const { departures, clock, held, ends } = leaving();
	void departures.begin(leaver(one), signal);
	void departures.begin(leaver(two), signal);
	expect(departures.keep(1).map(({ name }) => name)).toEqual(["web-scale-2"]);
	expect(departures.staying([one, two])).toEqual([two]);
	expect([departures.draining(), departures.servers().size]).toEqual([1, 1]);

	await clock.advance(100);
	expect([...held.keys()]).toEqual([one.container.id]);
	expect(ends.isOurs(two.container.id)).toBe(false);
	expect(departures.keep(5)).toHaveLength(1);
});

test("one that was kept and is to go again just goes on", async () => {
	const { departures, clock, now, held } = leaving();
	const end = departures.begin(leaver(one), signal);
	departures.keep(1);
	void departures.begin(leaver(one), signal);
	await clock.advance(200);
	expect([departures.draining(), held.get(one.container.id)]).toEqual([1, "drain"]);
	now.open = 0;
	await clock.advance(100);
	expect(await end).toEqual({ kind: "gone" });
});

test("one that is of no use can't be kept, and has its name until it is removed", async () => {
	const stopping = Promise.withResolvers<{ kind: "done" }>();
	const { departures, ends, calls } = leaving({ stop: () => stopping.promise });
	const end = departures.discard({ ...leaver(one), drainMs: 0 }, signal);
	expect([departures.draining(), departures.keep(1)]).toEqual([0, []]);
	expect(departures.staying([one, two])).toEqual([two]);
	expect(departures.names()).toEqual(["web-scale-1"]);
	expect(ends.isOurs(one.container.id)).toBe(true);

	stopping.resolve({ kind: "done" });
	expect(await end).toEqual({ kind: "gone" });
	expect(calls).toEqual([`remove ${one.container.id}`]);
});

test("one that was told to stop can't be kept any more", async () => {
	const stopping = Promise.withResolvers<{ kind: "done" }>();
	const { departures, now } = leaving({ stop: () => stopping.promise });
	now.open = 0;
	void departures.begin(leaver(one), signal);
	await settled();
	expect(departures.draining()).toBe(0);
	expect(departures.keep(1)).toEqual([]);
	expect(departures.isGoingOn()).toBe(true);
	stopping.resolve({ kind: "done" });
	await settled();
	expect(departures.isGoingOn()).toBe(false);
});

test("one that has gone is no newcomer while a late pass has it still, and is forgotten after that", async () => {
	const { departures, now } = leaving();
	now.open = 0;
	await departures.begin(leaver(one), signal);
	expect(departures.staying([one, two])).toEqual([two]);
	expect(departures.names()).toEqual(["web-scale-1"]);
	expect(departures.staying([two])).toEqual([two]);
	expect(departures.names()).toEqual([]);
});

test("one that has been started since is back", async () => {
	const { departures, now } = leaving();
	now.open = 0;
	await departures.begin(leaver(one), signal);
	const again = { ...one, container: { ...one.container, startedAt: "2026-02-01T00:00:00Z" } };
	expect(departures.staying([again])).toEqual([again]);
});

test("one that can't be stopped is told, and counted again", async () => {
	const { departures, now, warnings, ends } = leaving({ stop: () => Promise.reject(new Error("hung")) });
	now.open = 0;
	expect(await departures.begin(leaver(one), signal)).toEqual({ kind: "kept" });
	expect(warnings).toEqual(["it could not be taken away: hung"]);
	expect(departures.staying([one])).toEqual([one]);
	expect(ends.isOurs(one.container.id)).toBe(false);
});

test("the end of the controller is no failure", async () => {
	const { departures, clock, warnings, held } = leaving();
	const ends = new AbortController();
	const end = departures.begin(leaver(one), ends.signal);
	await clock.advance(100);
	ends.abort();
	expect(await end).toEqual({ kind: "kept" });
	expect([warnings, held.size]).toEqual([[], 0]);
});
