import { expect, test } from "vitest";
import { attachment, container } from "../testing/containers.ts";
import { startedFrom } from "../testing/fake-process.ts";
import { createFakeWorld, type FakeWorld } from "../testing/fake-world.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
/** In a pool of its own, which takes a reload. */
const c = container("c", { health: "healthy", labels: { "ballast.pool": "own" } });

/** `a` and `b` are served. */
async function settledPair() {
	const passes = passesIn(createFakeWorld({ containers: [a, b] }));
	await passes.full();
	passes.newsOfJournal();
	return passes;
}

const steps = (journal: readonly string[]) => journal.map((line) => line.split("-")[0]);

test("promise 5: who comes and goes in a pool that is there costs no reload, and the file says the same", async () => {
	const { onChange, world, newsOfJournal } = await settledPair();
	const outcome = await onChange({ containers: [b, container("d", { health: "healthy" })] });

	expect(steps(newsOfJournal())).toEqual([
		"read 0",
		"maint nodes/a",
		"add nodes/d",
		"remove nodes/a",
		"check",
		`promote ${outcome.generation}`,
	]);
	expect(world.process).toEqual(startedFrom(inForceIn(world)));
	expect(servedIn(outcome)).toEqual(["b", "d"]);
});

test("promise 5: a join whose configuration is refused is undone, a leave is not", async () => {
	const { onChange, world } = await settledPair();
	world.faults.refuses = ({ files }) =>
		files.get("haproxy.cfg")?.includes("server d-") ? "no such word" : undefined;
	const outcome = await onChange({ containers: [b, container("d", { health: "healthy" })] });

	expect(outcome.problems).toMatchObject([{ code: "quarantined", subject: "d" }]);
	expect([...(world.process?.servers.keys() ?? [])]).toEqual([expect.stringMatching(/^nodes\/b-/)]);
});

test("promise 6: what HAProxy would not do is repaired by a reload, which says why", async () => {
	const { onChange, world, newsOfJournal } = await settledPair();
	world.faults.change = ({ kind }) => (kind === "add-server" ? "no more memory" : undefined);
	const outcome = await onChange({ containers: [a, b, container("d", { health: "healthy" })] });

	expect(newsOfJournal().at(-1)).toBe("reload");
	expect(outcome.steps.at(-1)).toMatchObject({
		kind: "reload",
		reasons: [
			{
				kind: "process-differs",
				subject: expect.stringMatching(/^nodes\/d-.*could not be added: no more memory/),
			},
		],
	});
	expect(world.process).toEqual(startedFrom(inForceIn(world)));
	expect(outcome.problems).toEqual([]);
});

test("promise 6: what not even a reload mends is a problem, and no reason to reload at every list", async () => {
	const { onChange, full, world, clock, newsOfJournal } = await settledPair();
	const out = { ...a, health: "unhealthy" } as const;
	world.faults.change = ({ server }) => (server.startsWith("a-") ? "it is not in the mood" : undefined);
	world.faults.keeps = true;
	expect((await onChange({ containers: [out, b] })).problems).toMatchObject([
		{ code: "unhealthy" },
		{ code: "server-refused", message: expect.stringContaining("not in the mood") },
	]);
	newsOfJournal();
	await onChange();
	await full();
	expect(newsOfJournal()).not.toContain("reload");

	await clock.advance(50_000);
	await onChange();
	expect(newsOfJournal()).toContain("reload");
});

test("who is there as before, but was touched by somebody, is put right at the next look", async () => {
	const { onChange, world, newsOfJournal } = await settledPair();
	const [name, one] = [...(world.process?.servers ?? [])][0] ?? [];
	if (name === undefined || one === undefined || world.process === undefined)
		throw new Error("nobody is served");
	world.process.servers.delete(name);
	await onChange();

	expect(steps(newsOfJournal())).toEqual(["read 0", "add nodes/a"]);
});

test("who comes back at another address is not served at the one it had", async () => {
	const { onChange, world } = await settledPair();
	const elsewhere = { ...attachment("front", "a"), ipv4: "10.9.9.9" };
	await onChange({ containers: [container("a", { health: "healthy", networks: [elsewhere] }), b] });

	expect([...(world.process?.servers.values() ?? [])].map(({ address }) => address)).toContain("10.9.9.9");
	expect(world.process).toMatchObject({
		structure: inForceIn(world).structure,
		servers: expect.toSatisfy((servers) => servers.size === 2),
	});
});

test("who was taken out before the controller died, and is well again, is served again", async () => {
	const { onChange, world } = await settledPair();
	world.busy.add(`nodes/a-${a.id.slice(0, 8)}`);
	await onChange({ containers: [b] });
	world.holds({ containers: [a, b] });
	const next = passesIn(world, false);
	next.newsOfJournal();
	await next.full();

	expect(steps(next.newsOfJournal())).toContain("ready nodes/a");
	expect(world.process).toEqual(startedFrom(inForceIn(world)));
});

test("who has requests in flight is removed when they have ended, and the loop is told when to look", async () => {
	const { onChange, world, newsOfJournal } = await settledPair();
	const name = `nodes/a-${a.id.slice(0, 8)}`;
	world.busy.add(name);
	const outcome = await onChange({ containers: [{ ...a, health: "unhealthy" }, b] });
	expect(outcome.again).toBe(50);
	expect(world.process?.servers.get(name)?.state).toBe("maint");

	world.busy.delete(name);
	newsOfJournal();
	expect((await onChange()).again).toBe(Number.POSITIVE_INFINITY);
	expect(newsOfJournal()).toEqual(["read 0", `remove ${name}`]);
});

test("without an engine, nobody who was taken out is brought back", async () => {
	const { onChange, world } = await settledPair();
	world.busy.add(`nodes/a-${a.id.slice(0, 8)}`);
	await onChange({ containers: [b] });
	const { reconciler, signal } = passesIn(world, false);
	await reconciler.passWithoutEngine(signal);

	expect([...(world.process?.servers.values() ?? [])].map(({ state }) => state)).toEqual(["maint", "ready"]);
});

test("reloads keep their distance: another structure waits, and servers come and go meanwhile, in the file as well", async () => {
	const { onChange, world, reconciler, signal, newsOfJournal } = await settledPair();
	await onChange({ containers: [a, b, c] });
	newsOfJournal();
	world.holds({ containers: [b] });
	const outcome = await reconciler.pass(
		{ all: false, containers: new Set(), urgent: false, look: true },
		signal,
		signal,
	);
	expect(outcome?.again).toBe(100);
	expect(steps(newsOfJournal())).toEqual([
		"read 0",
		"maint nodes/a",
		"maint own/c",
		"remove nodes/a",
		"remove own/c",
		"check",
		"check",
		`promote ${world.inForce()?.id}`,
	]);
	expect(outcome && servedIn(outcome)).toEqual(["b"]);
	expect(world.process).toEqual(startedFrom(inForceIn(world)));

	expect(servedIn(await onChange())).toEqual(["b"]);
	expect(world.process).toEqual(startedFrom(inForceIn(world)));
});

function inForceIn(world: FakeWorld) {
	const inForce = world.inForce();
	if (inForce === undefined) throw new Error("no generation is in force");
	return inForce;
}
