import { expect, test } from "vitest";
import { container } from "../testing/containers.ts";
import { startedFrom } from "../testing/fake-process.ts";
import { createFakeWorld, type FakeWorld } from "../testing/fake-world.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
const failed = { kind: "failed", log: "cannot bind socket (Address already in use) [:::80]" } as const;

/** In a pool of its own, which takes a reload. */
const c = container("c", { health: "healthy", labels: { "ballast.pool": "own" } });

const elsewhere = container("d", { health: "healthy", labels: { "ballast.pool": "another" } });

/** `a` is served, and HAProxy's next process will not start. */
async function withFailingReload() {
	const passes = passesIn(createFakeWorld({ containers: [a] }));
	const good = await passes.full();
	await passes.clock.advance(1_000);
	passes.world.faults.reload = failed;
	passes.newsOfJournal();
	return { ...passes, good };
}

test("a generation that HAProxy would not load is taken back, and HAProxy's reason told", async () => {
	const { onChange, world, newsOfJournal, good } = await withFailingReload();
	const outcome = await onChange({ containers: [a, c] });

	expect(newsOfJournal()).toEqual(["read 0", "check", expect.stringMatching(/^promote/), "reload", "revert"]);
	expect(world.inForce()?.id).toBe(good.generation);
	expect(outcome).toMatchObject({
		generation: good.generation,
		steps: [],
		changes: [],
		problems: [
			{ code: "unreached-pool" },
			{ code: "reload-failed", severity: "problem", message: expect.stringContaining(failed.log) },
		],
	});
	expect(world.nodes()).toEqual(["a"]);
});

test("it is tried again after a while, however often events and lists come; the problem stays meanwhile", async () => {
	const { onChange, full, world, newsOfJournal, clock } = await withFailingReload();
	await onChange({ containers: [a, c] });
	newsOfJournal();

	for (const pass of [onChange, full, onChange, full])
		expect((await pass()).problems).toMatchObject([{ code: "unreached-pool" }, { code: "reload-failed" }]);
	expect(newsOfJournal()).not.toContain("reload");

	await clock.advance(50_000);
	await onChange();
	expect(newsOfJournal()).toContain("reload");
	await clock.advance(50_000);
	await onChange();
	expect(newsOfJournal()).not.toContain("reload");

	world.faults.reload = undefined;
	await clock.advance(50_000);
	const outcome = await onChange();
	expect(servedIn(outcome)).toEqual(["a", "c"]);
	expect(outcome.problems).toMatchObject([{ code: "unreached-pool" }]);
});

test("while no process will start with what else there is, servers come and go in the one that runs, and in the file", async () => {
	const { onChange, world, newsOfJournal } = await withFailingReload();
	await onChange({ containers: [a, c] });
	newsOfJournal();
	const outcome = await onChange({ containers: [b, c] });

	expect(newsOfJournal().map((line) => line.split("-")[0])).toEqual([
		"read 0",
		"maint nodes/a",
		"add nodes/b",
		"remove nodes/a",
		"check",
		"check",
		`promote ${outcome.generation}`,
	]);
	expect(world.process).toEqual(startedFrom(inForceIn(world)));
	expect(servedIn(outcome)).toEqual(["b"]);
	expect(outcome.changes).toMatchObject([
		{ event: "leave", name: "a" },
		{ event: "join", name: "b" },
	]);
	expect(outcome.problems).toMatchObject([{ code: "unreached-pool" }, { code: "reload-failed" }]);
});

test("promise 4: what the parser refuses is not promoted meanwhile, and who has left is out all the same", async () => {
	const { onChange, world, good } = await withFailingReload();
	await onChange({ containers: [a, c] });
	world.faults.refuses = ({ fleet }) => (fleet.pools.length === 1 ? "not without the other pool" : undefined);
	await onChange({ containers: [b, c] });

	expect(world.inForce()?.id).toBe(good.generation);
	expect([...(world.process?.servers.keys() ?? [])]).toEqual([expect.stringMatching(/^nodes\/b-/)]);
});

test("it is tried at once when it has become another one", async () => {
	const { onChange, world } = await withFailingReload();
	await onChange({ containers: [a, c] });
	world.faults.reload = undefined;

	expect(servedIn(await onChange({ containers: [b] }))).toEqual(["b"]);
});

test("reloads that fail keep their distance, too, and none is forgotten for the next", async () => {
	const { onChange, full, world, newsOfJournal } = await withFailingReload();
	await onChange({ containers: [a, c] });
	world.holds({ containers: [a, elsewhere] });
	newsOfJournal();
	expect((await full()).again).toBe(100);
	expect(newsOfJournal()).not.toContain("reload");

	await onChange();
	expect(newsOfJournal()).toContain("reload");
	await onChange({ containers: [a, c] });
	await onChange({ containers: [a, elsewhere] });
	expect(newsOfJournal()).not.toContain("reload");
});

test("a failed reload to what is in force already takes nothing back", async () => {
	const { onChange, world, newsOfJournal, good } = await withFailingReload();
	world.process = { pid: 7, structure: "an older one", servers: new Map() };
	const outcome = await onChange();

	expect(newsOfJournal()).toEqual(["read 0", "reload"]);
	expect(world.inForce()?.id).toBe(good.generation);
	expect(outcome.problems).toMatchObject([{ code: "reload-failed" }]);
	await onChange();
	expect(newsOfJournal()).toEqual(["read 0"]);
});

test("while no process serves, a reload that failed is made again as soon as the pace allows", async () => {
	const { onChange, world, newsOfJournal, good } = await withFailingReload();
	world.process = undefined;
	await onChange();
	newsOfJournal();
	await onChange();

	expect(newsOfJournal()).toEqual(["read 0", expect.stringMatching(/^promote/), "reload"]);
	expect(world.inForce()?.id).toBe(good.generation);
});

test("a process that runs another generation is reloaded, and the plan says why", async () => {
	const { full, onChange, world } = passesIn(createFakeWorld({ containers: [a] }));
	await full();
	world.process = { pid: 7, structure: "another", servers: new Map() };
	const outcome = await onChange();

	expect(outcome.steps).toEqual([
		{ kind: "reload", reasons: [{ kind: "process-differs", subject: "another" }] },
	]);
	expect(world.process).toEqual(startedFrom(inForceIn(world)));
});

test("HAProxy that is only starting is waited for", async () => {
	const { full, clock, world } = passesIn(createFakeWorld({ containers: [a] }));
	world.faults.reload = { kind: "not-running" };
	const pass = full();
	await clock.advance(2_000);
	world.process = startedFrom(inForceIn(world));
	await clock.advance(25);

	expect(await pass).toMatchObject({ generation: world.inForce()?.id, problems: [] });
	expect(clock.sleeping()).toBe(0);
});

test("HAProxy that does not start in time is a problem, and asked again at the next turn", async () => {
	const { full, onChange, clock, world } = passesIn(createFakeWorld({ containers: [a] }));
	world.faults.reload = { kind: "not-running" };
	const pass = full();
	await clock.advance(3_025);
	const outcome = await pass;

	expect(outcome).toMatchObject({
		generation: world.inForce()?.id,
		problems: [{ code: "haproxy-not-running" }],
	});
	expect(outcome.steps.map(({ kind }) => kind)).toEqual(["promote"]);
	expect(servedIn(outcome)).toEqual(["a"]);

	world.faults.reload = undefined;
	expect((await onChange()).problems).toEqual([]);
});

test("promise 12: waiting for HAProxy's start ends when the signal aborts", async () => {
	const { reconciler, clock, world } = passesIn(createFakeWorld({ containers: [a] }));
	world.faults.reload = { kind: "not-running" };
	const end = new AbortController();
	const pass = reconciler.pass(
		{ all: true, containers: new Set(), urgent: false, look: true },
		end.signal,
		end.signal,
	);
	await clock.advance(100);
	end.abort();

	await expect(pass).rejects.toMatchObject({ name: "AbortError" });
});

test("promise 11: who leaves is out of the running process before anything is checked, whatever becomes of the reload", async () => {
	const { onChange, newsOfJournal } = await withFailingReload();
	await onChange({ containers: [c] });

	expect(newsOfJournal().slice(0, 4)).toEqual([
		"read 0",
		expect.stringMatching(/^maint nodes\/a-/),
		expect.stringMatching(/^remove nodes\/a-/),
		"check",
	]);
});

test("promise 11: who leaves is out, also when the configuration is refused", async () => {
	const { onChange, world, newsOfJournal } = await withFailingReload();
	world.faults.refuses = () => "unknown keyword";
	const outcome = await onChange({ containers: [b] });

	expect(newsOfJournal()[1]).toMatch(/^maint nodes\/a-/);
	expect(outcome.problems).toMatchObject([{ code: "configuration-refused" }]);
});

function inForceIn(world: FakeWorld) {
	const inForce = world.inForce();
	if (inForce === undefined) throw new Error("no generation is in force");
	return inForce;
}
