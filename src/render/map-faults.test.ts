import { expect, test } from "vitest";
import { mapFaults } from "./map-faults.ts";

function faultsOf(map: string) {
	const config = "frontend web\n    bind :80\nbackend nodes\n  backend shop # ours\nlisten stats\n";
	return mapFaults({
		files: new Map([
			["haproxy.cfg", config],
			["maps/routes.map", map],
		]),
	});
}

test("hosts that lead to backends, comments and empty lines are right", () => {
	expect(faultsOf("# host pool\n\n* nodes\nshop.example   shop\n\tstats.example stats\n")).toEqual([]);
});

test.each([
	["*", 'expected a host and a pool, got "*"'],
	["* nodes shop", 'expected a host and a pool, got "* nodes shop"'],
	["* noodles", "* leads to the pool noodles, which is no backend of haproxy.cfg"],
])("the line %j is told of with its number", (line, message) => {
	expect(faultsOf(`# host pool\n${line}\n`)).toEqual([{ file: "maps/routes.map", line: 2, message }]);
});

test("a generation without that map has nothing wrong with it", () => {
	expect(mapFaults({ files: new Map() })).toEqual([]);
});
