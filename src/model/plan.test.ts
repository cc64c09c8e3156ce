import { expect, test } from "vitest";
import { container, surroundings } from "../testing/containers.ts";
import { startedFrom } from "../testing/fake-process.ts";
import { build } from "./build.ts";
import type { Container } from "./container.ts";
import { emptyFleet, type Fleet } from "./fleet.ts";
import type { Generation } from "./generation.ts";
import { type Applied, plan, quickSteps } from "./plan.ts";
import type { Step } from "./step.ts";

const fleetWith = (...containers: readonly Container[]): Fleet => build(surroundings({ containers })).fleet;
const generation = (id: string, fleet: Fleet, structure = "s"): Generation => {
	return { id, structure, fleet, files: new Map() };
};
const departures = new Map();
const web = container("web");
const one = fleetWith(web);
const serverName = `nodes/web-${web.id.slice(0, 8)}`;
const inApi = (name: string) => container(name, { labels: { "ballast.pool": "api" } });

/** Why the steps reload: `<kind> <subject>` each. */
function reasons(steps: readonly Step[]): readonly string[] {
	return steps.flatMap((step) =>
		step.kind === "reload" ? step.reasons.map(({ kind, subject }) => `${kind} ${subject}`.trim()) : [],
	);
}

const kinds = (steps: readonly Step[]) => steps.map(({ kind }) => kind);

/** A generation in force, and the process that has all of it. */
function settled(fleet: Fleet, structure = "s"): Applied {
	const inForce = { id: "a", structure, fleet };
	return { inForce, running: startedFrom(inForce), departures };
}

test("nothing is done when the process has what is in force", () => {
	expect(plan(settled(one), generation("a", one))).toEqual([]);
});

test("promise 5: who joins a pool that is there needs no reload, but the file, too", () => {
	const steps = plan(settled(emptyFleet), generation("b", one));

	expect(kinds(steps)).toEqual(["add-server", "promote"]);
	expect(steps[0]).toMatchObject({ pool: "nodes", server: serverName.replace("nodes/", "") });
});

test("promise 5: who leaves is out before anything else, and removed", () => {
	const two = fleetWith(web, container("stays"));

	expect(kinds(plan(settled(two), generation("b", fleetWith(container("stays")))))).toEqual([
		"maint-server",
		"remove-server",
		"promote",
	]);
});

test("promise 4: another structure is promoted, then loaded", () => {
	const steps = plan(settled(one), generation("b", fleetWith(web, inApi("api")), "t"));

	expect(kinds(steps)).toEqual(["promote", "reload"]);
});

test("the first generation is promoted, and HAProxy is to start with it", () => {
	expect(plan({ inForce: undefined, running: undefined, departures }, generation("a", one))).toEqual([
		{ kind: "promote", generation: "a" },
		{ kind: "reload", reasons: [{ kind: "first-generation", subject: "" }] },
	]);
});

test("a process of another structure is reloaded, and nothing promoted", () => {
	const applied = { ...settled(one), running: startedFrom({ structure: "z", fleet: one }) };

	expect(plan(applied, generation("a", one))).toEqual([
		{ kind: "reload", reasons: [{ kind: "process-differs", subject: "z" }] },
	]);
});

test("a process that does not answer differs, too", () => {
	const steps = plan({ ...settled(one), running: undefined }, generation("a", one));

	expect(reasons(steps)).toEqual(["process-differs no process answers"]);
});

test("promise 4: while no process runs, the generation in force is written again, as it may be damaged", () => {
	expect(kinds(plan({ ...settled(one), running: undefined }, generation("a", one)))).toContain("promote");
});

test("a process that has what was not promoted needs no reload", () => {
	const applied = { ...settled(emptyFleet), running: startedFrom({ structure: "s", fleet: one }) };

	expect(plan(applied, generation("b", one))).toEqual([{ kind: "promote", generation: "b" }]);
});

test("a record of what is in force that is lost costs no reload", () => {
	expect(kinds(plan({ ...settled(one), inForce: undefined }, generation("a", one)))).toEqual(["promote"]);
});

test.each([
	["a pool came with its server", one, fleetWith(web, inApi("api")), ["pool-added api"]],
	["a pool went with its server", fleetWith(web, inApi("api")), one, ["pool-removed api"]],
	["a server went from one pool to another", one, fleetWith(inApi("web")), ["pool-added api"]],
	[
		"a server's limit changed",
		one,
		fleetWith(container("web", { labels: { "ballast.maxconn": "7" } })),
		[`server-changed ${serverName}`],
	],
	[
		"a pool's policy changed, and none of its servers",
		one,
		fleetWith(container("web", { labels: { "ballast.sticky": "cookie" } })),
		["pool-changed nodes"],
	],
	[
		"a pool is checked in another way",
		fleetWith(container("web", { labels: { "ballast.check": "/a" } })),
		fleetWith(container("web", { labels: { "ballast.check": "/b" } })),
		["pool-changed nodes"],
	],
	["the routes changed", one, { ...one, routes: [] }, ["routes-changed"]],
	["only the templates or settings did", one, one, ["configuration-changed templates or settings"]],
])("the plan says why it reloads: %s", (_, before, after, expected) => {
	expect(reasons(plan(settled(before), generation("b", after, "t")))).toEqual(expected);
});

test("what the Runtime API can't change of a server takes a reload of the same structure", () => {
	const limited = fleetWith(container("web", { labels: { "ballast.maxconn": "7" } }));

	expect(reasons(plan(settled(one), generation("b", limited)))).toEqual([`server-changed ${serverName}`]);
});

test("promise 11: a process that is to be replaced is rid of those that have gone before that, and gets nobody", () => {
	const desired = generation("b", fleetWith(container("other"), inApi("api")), "t");
	const steps = plan(settled(one), desired);

	expect(kinds(steps)).toEqual(["maint-server", "promote", "reload"]);
	expect(steps[0]).toEqual({ kind: "maint-server", pool: "nodes", server: serverName.replace("nodes/", "") });
});

test("before anything is checked, who leaves is out and who joins a pool that is there is in", () => {
	const joins = container("joins");

	expect(kinds(quickSteps(settled(one), fleetWith(joins)))).toEqual([
		"maint-server",
		"add-server",
		"remove-server",
	]);
});

test("before anything is checked, nobody joins a pool that the process has not, or not as it is wanted", () => {
	const sticky = container("sticky", { labels: { "ballast.sticky": "cookie" } });

	expect(quickSteps(settled(one), fleetWith(web, inApi("api")))).toEqual([]);
	expect(kinds(quickSteps(settled(one), fleetWith(sticky)))).toEqual(["maint-server", "remove-server"]);
});

test("before anything is checked, nothing is changed in a process of another structure than the one in force", () => {
	const other = startedFrom({ structure: "other", fleet: one });

	expect(quickSteps({ ...settled(one), running: other }, emptyFleet)).toEqual([]);
	expect(quickSteps({ ...settled(one), running: undefined }, emptyFleet)).toEqual([]);
	expect(quickSteps({ ...settled(one), inForce: undefined }, emptyFleet)).toEqual([]);
});

test("to a process whose file says more of its servers than we do, nobody is added but by a reload", () => {
	const fixed = "s-fixed";
	const two = fleetWith(web, container("joins"));
	expect(quickSteps(settled(one, fixed), two)).toEqual([]);
	expect(kinds(quickSteps(settled(one, fixed), emptyFleet))).toEqual(["maint-server", "remove-server"]);

	const lacking = { ...settled(one, fixed), running: startedFrom({ structure: fixed, fleet: emptyFleet }) };
	expect(kinds(plan(lacking, generation("a", one, fixed)))).toEqual(["reload"]);
});
