import { expect, test } from "vitest";
import { container, surroundings } from "../testing/containers.ts";
import { startedFrom } from "../testing/fake-process.ts";
import { build } from "./build.ts";
import type { Fleet } from "./fleet.ts";
import type { Running, RunningServer } from "./running.ts";
import { touchedIn } from "./touched.ts";

const web = container("web");
const { fleet } = build(surroundings({ containers: [web] }));
const held: Fleet = {
	...fleet,
	pools: fleet.pools.map((pool) => ({
		...pool,
		servers: pool.servers.map((server) => ({ ...server, state: "drain" })),
	})),
};
const process = startedFrom({ structure: "s", fleet });
const inState = (state: RunningServer["state"]): Running => {
	return {
		...process,
		servers: new Map([...process.servers].map(([name, one]) => [name, { ...one, state }])),
	};
};

test.each([
	["is taken out", inState("ready"), inState("maint"), fleet, [{ container: web.id, hold: "maint" }]],
	["is drained", inState("ready"), inState("drain"), fleet, [{ container: web.id, hold: "drain" }]],
	["is made ready again", inState("drain"), inState("ready"), held, [{ container: web.id, hold: undefined }]],
	["is as it was", inState("ready"), inState("ready"), fleet, []],
	["was taken out by us", inState("maint"), inState("ready"), fleet, []],
])("a server that %s", (_, before, now, inForce, touched) => {
	expect(touchedIn(before, now, inForce)).toEqual(touched);
});

test("what another process has, or one that is gone, is nobody's will", () => {
	const other = { ...inState("maint"), pid: 8 };

	expect(touchedIn(inState("ready"), other, fleet)).toEqual([]);
	expect(touchedIn(undefined, other, fleet)).toEqual([]);
	expect(touchedIn(inState("ready"), undefined, fleet)).toEqual([]);
	expect(touchedIn(inState("ready"), { ...inState("ready"), servers: new Map() }, fleet)).toEqual([]);
});
