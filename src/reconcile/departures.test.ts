import { expect, test } from "vitest";
import { build } from "../model/build.ts";
import type { Container } from "../model/container.ts";
import { emptyFleet, type Fleet, type Server } from "../model/fleet.ts";
import { container, surroundings, told } from "../testing/containers.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { startedFrom } from "../testing/fake-process.ts";
import { createDepartures } from "./departures.ts";

const web = container("web", { stopTimeout: 5 });
const { fleet } = build(surroundings({ containers: [web] }));
const running = startedFrom({ structure: "s", fleet });
const unread = { before: fleet, standings: undefined, leaving: new Map() };
const name = [...running.servers.keys()][0] ?? "";

function setUp() {
	const clock = createFakeClock();
	const departures = createDepartures(clock);
	function forced(container?: Container, isTold = false): boolean | undefined {
		const containers = container === undefined ? [] : [container];
		const around = surroundings({ containers, leaving: isTold ? [told(web)] : [] });
		const { standings } = build(around);
		return departures
			.of(running, emptyFleet, { before: fleet, standings, leaving: around.inventory.leaving })
			.get(name)?.force;
	}
	return { clock, departures, forced };
}

test("one that was told to stop has its stop timeout to finish", async () => {
	const { clock, forced } = setUp();
	expect(forced(web, true)).toBe(false);
	await clock.advance(4_999);
	expect(forced(web, true)).toBe(false);
	await clock.advance(1);

	expect(forced(web, true)).toBe(true);
});

test("one that says how long it may take has that, be it longer or shorter", async () => {
	for (const seconds of [2, 60]) {
		const { clock, forced } = setUp();
		const own = { ...web, labels: { ...web.labels, "ballast.drain": `${seconds}s` } };
		expect(forced(own, true)).toBe(false);
		await clock.advance(seconds * 1_000 - 1);
		expect(forced(own, true)).toBe(false);
		await clock.advance(1);
		expect(forced(own, true)).toBe(true);
	}
});

test("one whose container has ended, or is gone, has what it takes to send its requests elsewhere", async () => {
	for (const ended of [{ ...web, state: "exited" } as const, undefined]) {
		const { clock, forced } = setUp();
		expect(forced(ended)).toBe(false);
		await clock.advance(2_000);
		expect(forced(ended)).toBe(true);
	}
});

test("one that runs on, and is only out for now, has all the time it needs", async () => {
	const { clock, forced } = setUp();
	expect(forced({ ...web, health: "unhealthy" })).toBe(false);
	await clock.advance(3_600_000);

	expect(forced({ ...web, health: "unhealthy" })).toBe(false);
});

test("without an engine nobody is taken for ended", async () => {
	const { clock, departures } = setUp();
	departures.of(running, emptyFleet, unread);
	await clock.advance(60_000);

	expect(departures.of(running, emptyFleet, unread).get(name)).toEqual({ force: false });
});

test("the longer one stays, the rarer it is tried; and nothing is due when all are gone", async () => {
	const { clock, departures, forced } = setUp();
	forced(web, true);
	expect(departures.due(running)).toBe(50);
	await clock.advance(1_000);
	expect(departures.due(running)).toBe(200);
	await clock.advance(60_000);
	expect(departures.due(running)).toBe(2_000);

	expect(departures.due({ ...running, servers: new Map() })).toBeUndefined();
	expect(departures.due(undefined)).toBeUndefined();
});

test("one whose container is at another address now has what it takes to send its requests to others", async () => {
	const { clock, departures } = setUp();
	const { fleet } = build(surroundings({ containers: [web, container("other")] }));
	const running = startedFrom({ structure: "s", fleet });
	const forced = () => departures.of(running, moved(fleet, "web"), unread).get(name)?.force;
	expect(forced()).toBe(false);
	await clock.advance(1_999);
	expect(forced()).toBe(false);
	await clock.advance(1);

	expect(forced()).toBe(true);
});

test("where nobody else is served, it goes at once: its container is served at its new address only then", () => {
	const { departures } = setUp();
	expect(departures.of(running, moved(fleet, "web"), unread).get(name)).toEqual({ force: true });
});

test("where nobody else takes requests, one that is there does not count", () => {
	const { fleet } = build(surroundings({ containers: [web, container("other")] }));
	for (const idle of [{ state: "maint" }, { state: "drain" }, { weight: 0 }] as const) {
		const { departures } = setUp();
		const started = startedFrom({ structure: "s", fleet });
		const servers = new Map(
			[...started.servers].map(([key, one]) => [key, key === name ? one : { ...one, ...idle }]),
		);
		const departing = departures.of({ ...started, servers }, moved(fleet, "web"), unread);
		expect(departing.get(name)).toEqual({ force: true });
	}
});

test("where a whole pool has moved one goes at once, so that the requests to the others can be sent to it", () => {
	const { departures } = setUp();
	const { fleet } = build(surroundings({ containers: [web, container("other")] }));
	const departing = departures.of(
		startedFrom({ structure: "s", fleet }),
		moved(fleet, "web", "other"),
		unread,
	);

	expect([...departing.values()].filter(({ force }) => force)).toHaveLength(1);
});

test("once it is gone from where it was, it is added where it is now, at once", () => {
	const { departures } = setUp();
	departures.of(running, moved(fleet, "web"), unread);
	expect(departures.due(running)).toBe(50);
	const gone = { ...running, servers: new Map() };

	expect(departures.due(gone)).toBe(0);
	departures.of(gone, moved(fleet, "web"), unread);
	expect(departures.due(gone)).toBeUndefined();
});

function moved(fleet: Fleet, ...names: readonly string[]): Fleet {
	const elsewhere = (server: Server) =>
		names.includes(server.container.name) ? { ...server, address: "10.9.9.9" } : server;
	const pools = fleet.pools.map((pool) => ({ ...pool, servers: pool.servers.map(elsewhere) }));
	return { ...fleet, pools };
}
