import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fleet, Server } from "../model/fleet.ts";
import { templatesWith } from "../testing/fake-world.ts";
import { goldens, goldenText, shippedTemplates, testOptions } from "../testing/golden.ts";
import { loadTemplates, type Templates } from "./engine.ts";
import { render } from "./render.ts";

const templates = await loadTemplates(shippedTemplates, undefined);
const configOf = (fleet: Fleet): string =>
	render(fleet, testOptions, templates).files.get("haproxy.cfg") ?? "";

test.each(goldens())("the case $name is rendered as it was agreed on", async (golden) => {
	const generation = render(golden.fleet, golden.options, templates);

	await expect(goldenText(golden, generation)).toMatchFileSnapshot(golden.file);
});

const named = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,9}$/);
const serverArbitrary = fc.record({
	name: named,
	container: fc.record({ id: fc.stringMatching(/^[0-9a-f]{64}$/), name: named }),
	address: fc.oneof(fc.ipV4(), fc.ipV6()),
	port: fc.integer({ min: 1, max: 65_535 }),
	weight: fc.integer({ min: 0, max: 256 }),
});
const poolArbitrary = fc.record({
	name: named,
	servers: fc.uniqueArray(serverArbitrary, { selector: ({ name }) => name, maxLength: 5 }),
});
const fleetArbitrary: fc.Arbitrary<Fleet> = fc.record({
	pools: fc.uniqueArray(poolArbitrary, { selector: ({ name }) => name, maxLength: 4 }),
	routes: fc.uniqueArray(fc.record({ match: named, pool: named }), { selector: ({ match }) => match }),
});

test("promise 10, deterministic: the same fleet gives the same bytes, in whatever order its parts come", () => {
	const twice = fleetArbitrary.chain((fleet) => fc.tuple(fc.constant(fleet), shuffled(fleet)));

	fc.assert(
		fc.property(twice, ([fleet, other]) => {
			const first = render(fleet, testOptions, templates);
			const second = render(other, testOptions, templates);
			expect([...second.files]).toEqual([...first.files]);
			expect(second.id).toBe(first.id);
		}),
	);
});

function shuffled(fleet: Fleet): fc.Arbitrary<Fleet> {
	const all = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
		fc.shuffledSubarray([...items], { minLength: items.length });
	const pools = fc.tuple(
		...fleet.pools.map(({ name, servers }) => all(servers).map((some) => ({ name, servers: some }))),
	);
	return fc.record({ pools: pools.chain(all), routes: all(fleet.routes) });
}

test("promise 8, no label can inject: a name of any text makes the lines of one server, or is refused", () => {
	const fleetOf = (name: string, address: string): Fleet => ({
		pools: [
			{
				name: "nodes",
				servers: [{ name, address, port: 80, weight: 1, container: { id: "0".repeat(64), name } }],
			},
		],
		routes: [{ match: "*", pool: "nodes" }],
	});
	const linesOf = (name: string, address: string) => configOf(fleetOf(name, address)).split("\n");
	const isOwn = (line: string) => /^ {4}(server (?!next unix@)|# .*, container |description )/.test(line);
	const usual = linesOf("a", "10.0.0.1").filter((line) => !isOwn(line));
	const hostile = fc.oneof(
		fc.stringMatching(/^[a-zA-Z0-9_.-]{1,12}$/),
		fc.string({ unit: "binary", maxLength: 12 }),
		fc.constantFrom(
			"a\n    http-request deny",
			"a check",
			"$HOME",
			"%[env(PATH)]",
			"unix@/run/x",
			"a#b",
			'a"',
			"a\\",
			"",
		),
	);

	fc.assert(
		fc.property(hostile, hostile, (name, address) => {
			let lines: readonly string[];
			try {
				lines = linesOf(name, address);
			} catch (thrown) {
				expect(thrown).toMatchObject({ code: "not-renderable" });
				return;
			}
			expect(lines.filter((line) => !isOwn(line))).toEqual(usual);
			expect(lines.filter(isOwn)).toEqual([
				expect.stringMatching(/^ {4}description [0-9a-f]{12}$/),
				`    # ${name}, container ${"0".repeat(12)}`,
				expect.stringMatching(/^ {4}server [\w.:-]+ (\[[\w.:-]+\]|[\w.:-]+):80 [\w .:-]+$/),
			]);
		}),
	);
});

test("the structure's id stands in the configuration as its description", () => {
	const { id, structure, files } = render({ pools: [], routes: [] }, testOptions, templates);

	expect([id, structure]).toEqual([
		expect.stringMatching(/^[0-9a-f]{12}$/),
		expect.stringMatching(/^[0-9a-f]{12}$/),
	]);
	expect(files.get("haproxy.cfg")).toContain(`    description ${structure}\n`);
});

const anyServer = {
	name: "web-0a1b2c3d",
	container: { id: "0a1b2c3d".repeat(8), name: "web" },
	address: "10.0.0.2",
	port: 80,
	weight: 100,
} as const;
const poolWith = (...servers: readonly Server[]): Fleet => {
	return { pools: [{ name: "nodes", servers }], routes: [{ match: "*", pool: "nodes" }] };
};

test("promise 5: who comes and goes, weight and state change the generation, and not its structure", () => {
	const { id, structure } = render(poolWith(), testOptions, templates);
	const held = (["drain", "maint"] as const).map((state) => ({ ...anyServer, state }));

	for (const server of [anyServer, { ...anyServer, weight: 7 }, ...held]) {
		const other = render(poolWith(server), testOptions, templates);
		expect(other.structure).toBe(structure);
		expect(other.id).not.toBe(id);
	}
});

test.each<[string, Fleet, Templates]>([
	[
		"a pool's policy",
		{ pools: [{ name: "nodes", sticky: "cookie", servers: [] }], routes: poolWith().routes },
		templates,
	],
	[
		"a pool",
		{ pools: [...poolWith().pools, { name: "api", servers: [] }], routes: poolWith().routes },
		templates,
	],
	["a route", { ...poolWith(), routes: [] }, templates],
	[
		"a template",
		poolWith(),
		templatesWith((text) => text.replace("timeout client 60s", "timeout client 61s")),
	],
	[
		"what a template says more of a server",
		poolWith(anyServer),
		templatesWith((text) => text.replace(/^( +server web.*)$/m, "$1 backup")),
	],
])("%s is part of the structure", (_, fleet, others) => {
	expect(render(fleet, testOptions, others).structure).not.toBe(
		render(poolWith(), testOptions, templates).structure,
	);
});

test("any change of a file changes the id", () => {
	const idOf = (fleet: Fleet): string => render(fleet, testOptions, templates).id;
	const pools = [{ name: "nodes", servers: [] }];

	expect(idOf({ pools, routes: [{ match: "*", pool: "nodes" }] })).not.toBe(idOf({ pools, routes: [] }));
});

test("the weights of a pool of more than a hundred servers are lightened where HAProxy keeps places for them, and there alone", () => {
	const servers = Array.from({ length: 101 }, (_, index) => ({
		name: `web-${index}`,
		container: { id: "3f2a9c7d1b2e", name: `web-${index}` },
		address: "192.0.2.1",
		port: 1_000 + index,
		weight: 100,
	}));
	const weightsIn = (sticky: "source" | "cookie"): Set<string> => {
		const config = configOf({ pools: [{ name: "nodes", sticky, servers }], routes: [] });
		return new Set(config.match(/(?<=^ +server .*) weight \d+ /gm));
	};

	expect(weightsIn("source")).toEqual(new Set([" weight 10 "]));
	expect(weightsIn("cookie")).toEqual(new Set([" weight 100 "]));
});

test.each([
	["its line", (text: string) => text.replace(/^( +server web.*)$/m, "$1 ssl verify none")],
	[
		"default-server",
		(text: string) => text.replace(/^defaults$/m, "defaults\n    default-server ssl verify none"),
	],
])("a template that says more of servers by %s makes the structure fixed", (_, change) => {
	const { structure } = render(poolWith(anyServer), testOptions, templatesWith(change));

	expect(structure).toMatch(/^[0-9a-f]{12}-fixed$/);
});

test("a template that writes no backend of a pool's name is refused: nobody would find its servers", () => {
	const other = templatesWith((text) => text.replace(/^backend nodes$/m, "backend app"));

	expect(() => render(poolWith(anyServer), testOptions, other)).toThrow(/no backend for the pool nodes/);
});
