import { expect, test } from "vitest";
import { container, surroundings } from "../testing/containers.ts";
import { build } from "./build.ts";
import type { Container } from "./container.ts";
import { emptyFleet, type Fleet } from "./fleet.ts";
import type { Generation } from "./generation.ts";
import { plan, type Step } from "./plan.ts";

const fleetWith = (...containers: readonly Container[]): Fleet => build(surroundings({ containers })).fleet;
const generation = (id: string, fleet: Fleet): Generation => ({ id, fleet, files: new Map() });
const takenOut = new Set<string>();
const web = container("web");
const one = fleetWith(web);
const serverName = `nodes/web-${web.id.slice(0, 8)}`;

/** Why the steps reload: `<kind> <subject>` each. */
function reasons(steps: readonly Step[]): readonly string[] {
	return steps.flatMap((step) =>
		step.kind === "reload" ? step.reasons.map(({ kind, subject }) => `${kind} ${subject}`.trim()) : [],
	);
}

function reasonsBetween(before: Fleet, after: Fleet): readonly string[] {
	return reasons(
		plan({ inForce: { id: "a", fleet: before }, loaded: "a", takenOut }, generation("b", after)),
	);
}

test("nothing is done when the generation is in force and loaded", () => {
	expect(plan({ inForce: { id: "a", fleet: one }, loaded: "a", takenOut }, generation("a", one))).toEqual([]);
});

test("promise 4: promotion comes before the reload", () => {
	const steps = plan(
		{ inForce: { id: "a", fleet: emptyFleet }, loaded: "a", takenOut },
		generation("b", one),
	);

	expect(steps).toEqual([
		{ kind: "promote", generation: "b" },
		{ kind: "reload", reasons: [{ kind: "server-joined", subject: serverName }] },
	]);
});

test("the first generation is promoted, and HAProxy is to start with it", () => {
	expect(plan({ inForce: undefined, loaded: undefined, takenOut }, generation("a", one))).toEqual([
		{ kind: "promote", generation: "a" },
		{ kind: "reload", reasons: [{ kind: "first-generation", subject: "" }] },
	]);
});

test("a process that runs another generation is reloaded, and nothing promoted", () => {
	expect(plan({ inForce: { id: "a", fleet: one }, loaded: "z", takenOut }, generation("a", one))).toEqual([
		{ kind: "reload", reasons: [{ kind: "process-differs", subject: "z" }] },
	]);
});

test("a process that does not answer differs, too", () => {
	const steps = plan({ inForce: { id: "a", fleet: one }, loaded: undefined, takenOut }, generation("a", one));

	expect(reasons(steps)).toEqual(["process-differs no process answers"]);
});

test("a process that has loaded what was not promoted needs no reload", () => {
	expect(plan({ inForce: { id: "a", fleet: one }, loaded: "b", takenOut }, generation("b", one))).toEqual([
		{ kind: "promote", generation: "b" },
	]);
});

const inApi = (name: string) => container(name, { labels: { "ballast.pool": "api" } });
const nameIn = (pool: string, name: string) => `${pool}/${name}-${container(name).id.slice(0, 8)}`;

test.each([
	["a server joined", emptyFleet, one, [`server-joined ${serverName}`]],
	["a server left", one, emptyFleet, [`server-left ${serverName}`]],
	[
		"a server changed",
		one,
		fleetWith(container("web", { labels: { "ballast.weight": "7" } })),
		[`server-changed ${serverName}`],
	],
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
	[
		"a pool came with its server",
		one,
		fleetWith(web, inApi("api")),
		["pool-added api", `server-joined ${nameIn("api", "api")}`],
	],
	[
		"a pool went with its server",
		fleetWith(web, inApi("api")),
		one,
		["pool-removed api", `server-left ${nameIn("api", "api")}`],
	],
	[
		"a server went from one pool to another",
		one,
		fleetWith(inApi("web")),
		["pool-added api", `server-joined ${nameIn("api", "web")}`, `server-left ${serverName}`],
	],
	["the routes changed", one, { ...one, routes: [] }, ["routes-changed"]],
	["only the templates or settings did", one, one, ["configuration-changed templates or settings"]],
])("the plan says why it reloads: %s", (_, before, after, expected) => {
	expect(reasonsBetween(before, after)).toEqual(expected);
});

test("promise 11: who leaves is taken out of the running process before that is replaced, who stays is not", () => {
	const two = fleetWith(web, container("stays"));
	const steps = plan(
		{ inForce: { id: "a", fleet: two }, loaded: "a", takenOut },
		generation("b", fleetWith(container("stays"))),
	);

	expect(steps.map(({ kind }) => kind)).toEqual(["maint-server", "promote", "reload"]);
	expect(steps[0]).toEqual({ kind: "maint-server", pool: "nodes", server: serverName.replace("nodes/", "") });
});

test("promise 11: who has another address now is taken out of the process that knows the old one", () => {
	const [pool] = one.pools;
	const moved = {
		...one,
		pools: [
			{ name: "nodes", servers: (pool?.servers ?? []).map((server) => ({ ...server, address: "10.9.9.9" })) },
		],
	};
	const steps = plan({ inForce: { id: "a", fleet: one }, loaded: "a", takenOut }, generation("b", moved));

	expect(steps.map(({ kind }) => kind)).toEqual(["maint-server", "promote", "reload"]);
});

test("a process that runs another generation is not asked about servers that it may not have", () => {
	const steps = plan(
		{ inForce: { id: "a", fleet: one }, loaded: "x", takenOut },
		generation("b", emptyFleet),
	);

	expect(steps.map(({ kind }) => kind)).toEqual(["promote", "reload"]);
});

test("who was taken out already is not taken out again", () => {
	const steps = plan(
		{ inForce: { id: "a", fleet: one }, loaded: "a", takenOut: new Set([serverName]) },
		generation("b", emptyFleet),
	);

	expect(steps.map(({ kind }) => kind)).toEqual(["promote", "reload"]);
});

test("who was taken out of the running process, and is wanted after all, needs a process that has it", () => {
	const steps = plan(
		{ inForce: { id: "a", fleet: one }, loaded: "a", takenOut: new Set([serverName]) },
		generation("a", one),
	);

	expect(steps).toEqual([{ kind: "reload", reasons: [{ kind: "server-joined", subject: serverName }] }]);
});
