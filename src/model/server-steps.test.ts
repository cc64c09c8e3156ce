import { expect, test } from "vitest";
import { startedFrom } from "../testing/fake-process.ts";
import { emptyFleet, type Fleet, type PoolPolicy, type Server } from "./fleet.ts";
import type { Running, RunningServer } from "./running.ts";
import { type Departure, serverSteps } from "./server-steps.ts";
import { isMet, type ServerStep } from "./step.ts";

const server = (name: string, over: Partial<Server> = {}): Server => {
	const container = { id: "0a1b2c3d".repeat(8), name };
	return { name: `${name}-0a1b2c3d`, container, address: "10.0.0.2", port: 3000, weight: 100, ...over };
};
const fleetOf = (servers: readonly Server[], policy: PoolPolicy = {}): Fleet => {
	return { ...emptyFleet, pools: [{ name: "nodes", ...policy, servers }] };
};
const nodes = new Set(["nodes"]);
const runningOf = (fleet: Fleet): Running => startedFrom({ structure: "s", fleet });

function stepsTo(
	wanted: Fleet,
	running: Running,
	departures: ReadonlyMap<string, Departure> = new Map(),
	before?: Fleet,
) {
	const steps = serverSteps({ before, running, wanted, pools: nodes, departures });
	return steps.map(
		({ kind, server: name, ...rest }) =>
			`${kind} ${name}${"force" in rest && rest.force ? " force" : ""}${"weight" in rest ? ` ${rest.weight}` : ""}`,
	);
}

const having = (...servers: readonly Partial<RunningServer>[]): Running => {
	const all = servers.map((one) => {
		return {
			pool: "nodes",
			server: "web-0a1b2c3d",
			address: "10.0.0.2",
			port: 3000,
			state: "ready",
			weight: 100,
			...one,
		} as const;
	});
	return { pid: 7, structure: "s", servers: new Map(all.map((one) => [`${one.pool}/${one.server}`, one])) };
};

test("who is there as wanted is left alone, however its address is written", () => {
	const v6 = server("web", { address: "fd00:0::2" });

	expect(stepsTo(fleetOf([server("web")]), having({}))).toEqual([]);
	expect(stepsTo(fleetOf([v6]), having({ address: "fd00::2" }))).toEqual([]);
});

test("leaves come before joins, and removals last", () => {
	expect(stepsTo(fleetOf([server("new")]), having({ server: "old-0a1b2c3d" }))).toEqual([
		"maint-server old-0a1b2c3d",
		"add-server new-0a1b2c3d",
		"remove-server old-0a1b2c3d",
	]);
});

test("who is out already is only removed, by force when nobody is there any more to finish", () => {
	const out = having({ state: "maint" });

	expect(stepsTo(emptyFleet, out)).toEqual(["remove-server web-0a1b2c3d"]);
	expect(stepsTo(emptyFleet, out, new Map([["nodes/web-0a1b2c3d", { force: true }]]))).toEqual([
		"remove-server web-0a1b2c3d force",
	]);
});

test("who is back at its address gets requests again", () => {
	expect(stepsTo(fleetOf([server("web")]), having({ state: "maint" }))).toEqual([
		"ready-server web-0a1b2c3d",
	]);
});

test("promise 11: who is back at another address is not served at the one it had, and added when that is gone", () => {
	const moved = fleetOf([server("web", { address: "10.9.9.9" })]);

	expect(stepsTo(moved, having({}))).toEqual(["maint-server web-0a1b2c3d", "remove-server web-0a1b2c3d"]);
	expect(stepsTo(moved, having({ state: "maint" }))).toEqual(["remove-server web-0a1b2c3d"]);
	expect(stepsTo(moved, having())).toEqual(["add-server web-0a1b2c3d"]);
});

test("promise 11: backends of an operator's own are left alone, whatever their servers are called", () => {
	expect(stepsTo(emptyFleet, having({ pool: "app", server: "legacy-20261121" }))).toEqual([]);
});

test.each([
	["drain", "ready", ["drain-server web-0a1b2c3d"]],
	["maint", "ready", ["maint-server web-0a1b2c3d"]],
	["maint", "drain", ["maint-server web-0a1b2c3d"]],
	["drain", "drain", []],
	[undefined, "drain", ["ready-server web-0a1b2c3d"]],
] as const)("a server that a person wants in %s and is %s: %j", (wanted, is, steps) => {
	const one = server("web", wanted === undefined ? {} : { state: wanted });

	expect(stepsTo(fleetOf([one]), having({ state: is }))).toEqual(steps);
});

test("a weight is set where it becomes another, and what a person has set for the time being stays otherwise", () => {
	const light = fleetOf([server("web", { weight: 10 })]);

	expect(stepsTo(light, having({}), new Map(), fleetOf([server("web")]))).toEqual([
		"weight-server web-0a1b2c3d 10",
	]);
	expect(stepsTo(light, having({}), new Map(), light)).toEqual([]);
});

test("one that is drained has no weight, in the process as in the file; it is given back whatever comes next", () => {
	const drained = fleetOf([server("web", { state: "drain" })]);
	const [out, served] = [fleetOf([server("web", { state: "maint" })]), fleetOf([server("web")])];
	const weightless = having({ state: "drain", weight: 0 });

	expect(stepsTo(drained, having({}), new Map(), served)).toEqual([
		"weight-server web-0a1b2c3d 0",
		"drain-server web-0a1b2c3d",
	]);
	for (const [wanted, step] of [
		[served, "ready"],
		[out, "maint"],
	] as const) {
		expect(stepsTo(wanted, weightless, new Map(), drained)).toEqual([
			"weight-server web-0a1b2c3d 100",
			`${step}-server web-0a1b2c3d`,
		]);
	}
});

test("where clients are bound by their address, who joins can lighten all others", () => {
	const some = Array.from({ length: 100 }, (_, n) => server(`web${n}`, { address: `10.0.1.${n}` }));
	const policy = { sticky: "source" } as const;
	const before = fleetOf(some, policy);
	const steps = stepsTo(fleetOf([...some, server("web")], policy), runningOf(before), new Map(), before);

	expect(steps.filter((step) => step.startsWith("weight-server"))).toHaveLength(100);
	expect(steps).toContain("weight-server web7-0a1b2c3d 10");
});

test("servers that an operator's own template has are left alone", () => {
	expect(stepsTo(emptyFleet, having({ server: "backup" }, { pool: "_successor", server: "next" }))).toEqual(
		[],
	);
});

test("a pool that the process has in another form gets nobody, and loses those that have gone", () => {
	const pools = new Set<string>();
	const steps = serverSteps({
		before: undefined,
		running: having({}),
		wanted: fleetOf([server("new")]),
		pools,
		departures: new Map(),
	});

	expect(steps.map(({ kind }) => kind)).toEqual(["maint-server", "remove-server"]);
});

test("promise 6: what was read back tells whether a step took effect", () => {
	const { servers } = having({}, { server: "out-0a1b2c3d", state: "maint" });
	const named = { pool: "nodes", server: "web-0a1b2c3d" };
	const met = (step: ServerStep) => isMet(step, servers);
	const add = { kind: "add-server", ...named, entry: server("web"), policy: {} } as const;

	expect(met(add)).toBe(true);
	expect(met({ ...add, entry: server("web", { port: 1 }) })).toBe(false);
	expect(met({ ...add, server: "other" })).toBe(false);
	expect(met({ kind: "maint-server", ...named })).toBe(false);
	expect(met({ kind: "remove-server", ...named, force: false })).toBe(false);
	expect(met({ kind: "remove-server", pool: "nodes", server: "out-0a1b2c3d", force: false })).toBe(true);
	expect(met({ kind: "ready-server", ...named })).toBe(true);
	expect(met({ kind: "drain-server", ...named })).toBe(false);
});
