import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import type { Generation } from "../model/generation.ts";
import { container } from "../testing/containers.ts";
import { createFakeWorld, type FakeWorld, templatesWith } from "../testing/fake-world.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const healthy = (name: string, pool = "nodes") =>
	container(name, { health: "healthy", labels: { "ballast.pool": pool } });
const trio = [healthy("a"), healthy("b"), healthy("c", "api")];
const configOf = ({ files }: Generation): string => files.get("haproxy.cfg") ?? "";

/** HAProxy's parser refuses each configuration that holds the text. */
function refuse(world: FakeWorld, text: string, complaint = "unknown keyword"): void {
	world.faults.refuses = (generation) => (configOf(generation).includes(text) ? complaint : undefined);
}
const inGlobal = templatesWith((text) => text.replace("global\n", "global\n    bogus on\n"));
const inServers = templatesWith((text) => text.replaceAll(" check inter", " bogus check inter"));
const harmless = templatesWith((text) => text.replace("timeout client 60s", "timeout client 61s"));

test("promise 7: a server that HAProxy refuses is left out with its reason, all others are served", async () => {
	const world = createFakeWorld({ containers: trio });
	refuse(world, "server b-", "b is not to its taste");
	const outcome = await passesIn(world).full();

	expect(servedIn(outcome)).toEqual(["c", "a"]);
	expect(outcome.problems.filter(({ code }) => code === "quarantined")).toMatchObject([
		{ subject: "b", severity: "problem", message: expect.stringContaining("b is not to its taste") },
	]);
});

test("promise 4: what HAProxy refuses is never promoted", async () => {
	const world = createFakeWorld({ containers: trio });
	refuse(world, "server b-");
	const { full, onChange } = passesIn(world);
	await full();
	await onChange({ containers: [...trio, healthy("d")] });

	expect(
		world.inForce()?.fleet.pools.flatMap(({ servers }) => servers.map((one) => one.container.name)),
	).toEqual(["c", "a", "d"]);
});

test("promise 7: a quarantined server is left out without being asked about again, until the next full read", async () => {
	const world = createFakeWorld({ containers: trio });
	refuse(world, "server b-");
	const { full, onChange, newsOfJournal } = passesIn(world);
	await full();
	newsOfJournal();

	const outcome = await onChange();
	expect(outcome.problems).toMatchObject([{ code: "unreached-pool" }, { code: "quarantined", subject: "b" }]);
	expect(newsOfJournal()).toEqual(["read 0"]);

	world.faults.refuses = undefined;
	expect(servedIn(await onChange())).toEqual(["c", "a"]);
	const mended = await full();
	expect(servedIn(mended)).toEqual(["c", "a", "b"]);
	expect(mended.problems.map(({ code }) => code)).toEqual(["unreached-pool"]);
});

test("a member that is quarantined is written down as having left", async () => {
	const world = createFakeWorld({ containers: trio });
	const { full } = passesIn(world);
	await full();
	refuse(world, "server b-");
	const { changes } = await full();

	expect(changes).toMatchObject([{ event: "leave", name: "b", why: expect.stringContaining("quarantined") }]);
});

test("promise 7: a template at fault is named with the line it wrote, and nothing is promoted", async () => {
	const world = createFakeWorld({ containers: trio });
	const good = await passesIn(world).full();
	world.faults.nothingKept = true;
	world.faults.templates = inGlobal;
	world.faults.refuses = (generation) =>
		configOf(generation).includes("bogus") ? "unknown keyword" : undefined;
	const { full, newsOfJournal } = passesIn(world, false);
	newsOfJournal();
	const outcome = await full();

	expect(newsOfJournal().filter((line) => line !== "check")).toEqual(["read all"]);
	expect(outcome.generation).toBe(good.generation);
	expect(servedIn(outcome)).toEqual(["c", "a", "b"]);
	expect(outcome.problems.at(-1)).toMatchObject({
		code: "configuration-refused",
		message: expect.stringContaining("unknown keyword"),
	});
});

test("promise 7: a template that spoils every server empties no pool: the last good generation stays", async () => {
	const world = createFakeWorld({ containers: trio });
	await passesIn(world).full();
	world.faults.nothingKept = true;
	world.faults.templates = inServers;
	refuse(world, "bogus");
	const { full, onChange } = passesIn(world, false);

	for (const pass of [full, onChange, full]) {
		const outcome = await pass();
		expect(servedIn(outcome)).toEqual(["c", "a", "b"]);
		expect(outcome.problems.at(-1)).toMatchObject({ code: "configuration-refused" });
	}
	expect(world.nodes()).toEqual(["c", "a", "b"]);
});

test("at the first start, a server line that is refused for everyone leaves empty pools, and HAProxy starts", async () => {
	const world = createFakeWorld({ containers: [healthy("a")] });
	refuse(world, "server a-");
	const outcome = await passesIn(world).full();

	expect(outcome.generation).toBe(world.inForce()?.id);
	expect(outcome.generation).toBeDefined();
	expect(servedIn(outcome)).toEqual([]);
	expect(outcome.problems).toMatchObject([{ code: "quarantined", subject: "a" }]);
});

test.each([
	["in its global section", inGlobal],
	["in its server lines", inServers],
])(
	"membership goes on with the proven templates when new ones are refused %s, and the problem stays",
	async (_, broken) => {
		const world = createFakeWorld({ containers: trio });
		const { full, onChange, clock } = passesIn(world);
		await full();
		world.faults.templates = broken;
		refuse(world, "bogus");

		expect(servedIn(await full())).toEqual(["c", "a", "b"]);
		const outcome = await onChange({ containers: [healthy("a"), healthy("d")] });
		expect(servedIn(outcome)).toEqual(["a", "d"]);
		expect(outcome.problems).toMatchObject([{ code: "configuration-refused", severity: "problem" }]);

		world.faults.templates = harmless;
		await clock.advance(100);
		const mended = await full();
		expect(mended.problems).toEqual([]);
		expect(world.inForce()?.id).toBe(mended.generation);
		expect(mended.steps).toMatchObject([
			{ kind: "promote" },
			{ reasons: [{ kind: "configuration-changed" }] },
		]);
	},
);

test("membership goes on with the proven templates when new ones can't be compiled, and the problem stays", async () => {
	const world = createFakeWorld({ containers: trio });
	const { full, onChange, newsOfJournal } = passesIn(world);
	await full();
	world.faults.templates = new AppError("template-broken", "/etc/ballast/templates/x.eta:3: unclosed tag");
	await full();
	newsOfJournal();
	const outcome = await onChange({ containers: [healthy("a")] });

	expect(servedIn(outcome)).toEqual(["a"]);
	expect(outcome.problems).toMatchObject([
		{ code: "template-broken", subject: "templates", message: expect.stringContaining("x.eta:3") },
	]);
	expect(newsOfJournal()).toEqual([
		"read 0",
		expect.stringMatching(/^maint api\/c-/),
		expect.stringMatching(/^maint nodes\/b-/),
		expect.stringMatching(/^remove api\/c-/),
		expect.stringMatching(/^remove nodes\/b-/),
		"check",
		`promote ${outcome.generation}`,
		"reload",
	]);
	await onChange();
	expect(newsOfJournal()).toEqual(["read 0"]);
});

test.each([
	["are refused", inServers],
	["can't be compiled", new AppError("template-broken", "broken")],
])(
	"a controller that starts again while its templates %s goes on with those it has kept",
	async (_, broken) => {
		const world = createFakeWorld({ containers: trio });
		await passesIn(world).full();
		world.faults.templates = broken;
		refuse(world, "bogus");
		world.holds({ containers: [healthy("a"), healthy("d")] });
		const outcome = await passesIn(world, false).full();

		expect(servedIn(outcome)).toEqual(["a", "d"]);
		expect(outcome.problems).toMatchObject([{ severity: "problem" }]);
	},
);

test("without any template that works, the last good generation stays", async () => {
	const world = createFakeWorld({ containers: trio });
	const good = await passesIn(world).full();
	world.faults.nothingKept = true;
	world.faults.templates = new AppError("template-broken", "broken");
	const { full, onChange } = passesIn(world, false);
	await full();

	expect(await onChange({ containers: [] })).toMatchObject({
		generation: good.generation,
		problems: [{ code: "template-broken" }],
	});
});

test("without any template that works and any generation, there is none, and the problem is told", async () => {
	const world = createFakeWorld({ containers: trio });
	world.faults.templates = new AppError("template-broken", "broken");

	expect(await passesIn(world).full()).toMatchObject({ generation: undefined, fleet: undefined, steps: [] });
	expect(world.journal).toEqual(["read all"]);
});

test("a refused configuration is asked about once, not at every turn", async () => {
	const world = createFakeWorld({ containers: trio });
	await passesIn(world).full();
	world.faults.nothingKept = true;
	world.faults.templates = inGlobal;
	refuse(world, "bogus");
	const { full, onChange, newsOfJournal } = passesIn(world, false);
	await full();
	newsOfJournal();
	await onChange();

	expect(newsOfJournal()).toEqual(["read 0"]);
});

test("a template that fails on one server takes out that one alone", async () => {
	const world = createFakeWorld({ containers: trio });
	world.faults.templates = templatesWith((text) => {
		if (text.includes("server b-")) throw new AppError("template-broken", "pool.cfg.eta:4: no b");
		return text;
	});
	const outcome = await passesIn(world).full();

	expect(servedIn(outcome)).toEqual(["c", "a"]);
	expect(outcome.problems.at(-1)).toMatchObject({ code: "quarantined", subject: "b" });
});
