import { expect, test } from "vitest";
import { attachment, container } from "../testing/containers.ts";
import { createFakeWorld } from "../testing/fake-world.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
const failed = { kind: "failed", log: "cannot bind socket (Address already in use) [:::80]" } as const;

/** `a` is served, and HAProxy's next process will not start. */
async function withFailingReload() {
	const passes = passesIn(createFakeWorld({ containers: [a] }));
	const good = await passes.full();
	passes.world.faults.reload = failed;
	passes.newsOfJournal();
	return { ...passes, good };
}

test("a generation that HAProxy would not load is taken back, and HAProxy's reason told", async () => {
	const { onChange, world, newsOfJournal, good } = await withFailingReload();
	const outcome = await onChange({ containers: [a, b] });

	expect(newsOfJournal()).toEqual(["read 0", "check", expect.stringMatching(/^promote/), "reload", "revert"]);
	expect(world.inForce()?.id).toBe(good.generation);
	expect(outcome).toMatchObject({
		generation: good.generation,
		steps: [],
		changes: [],
		problems: [{ code: "reload-failed", severity: "problem", message: expect.stringContaining(failed.log) }],
	});
	expect(world.nodes()).toEqual(["a"]);
});

test("it is not tried again at every turn, but at the next full one; the problem stays meanwhile", async () => {
	const { onChange, full, world, newsOfJournal } = await withFailingReload();
	await onChange({ containers: [a, b] });
	newsOfJournal();

	expect((await onChange()).problems).toMatchObject([{ code: "reload-failed" }]);
	expect(newsOfJournal()).toEqual(["read 0"]);

	world.faults.reload = undefined;
	const outcome = await full();
	expect(servedIn(outcome)).toEqual(["a", "b"]);
	expect(outcome.problems).toEqual([]);
});

test("it is tried at once when it has become another one", async () => {
	const { onChange, world } = await withFailingReload();
	await onChange({ containers: [a, b] });
	world.faults.reload = undefined;

	expect(servedIn(await onChange({ containers: [b] }))).toEqual(["b"]);
});

test("a failed reload to what is in force already takes nothing back", async () => {
	const { onChange, world, newsOfJournal, good } = await withFailingReload();
	world.loaded = "an older one";
	const outcome = await onChange();

	expect(newsOfJournal()).toEqual(["read 0", "reload"]);
	expect(world.inForce()?.id).toBe(good.generation);
	expect(outcome.problems).toMatchObject([{ code: "reload-failed" }]);
});

test("a process that runs another generation is reloaded, and the plan says why", async () => {
	const { full, onChange, world } = passesIn(createFakeWorld({ containers: [a] }));
	await full();
	world.loaded = "another";
	const outcome = await onChange();

	expect(outcome.steps).toEqual([
		{ kind: "reload", reasons: [{ kind: "process-differs", subject: "another" }] },
	]);
	expect(world.loaded).toBe(outcome.generation);
});

test("HAProxy that is only starting is waited for", async () => {
	const { full, clock, world } = passesIn(createFakeWorld({ containers: [a] }));
	world.faults.reload = { kind: "not-running" };
	const pass = full();
	await clock.advance(2_000);
	world.loaded = world.inForce()?.id;
	await clock.advance(25);

	expect(await pass).toMatchObject({ generation: world.loaded, problems: [] });
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
	const pass = reconciler.pass({ all: true, containers: new Set() }, end.signal);
	await clock.advance(100);
	end.abort();

	await expect(pass).rejects.toMatchObject({ name: "AbortError" });
});

test("promise 11: who leaves is out of the running process before anything is checked, whatever becomes of the reload", async () => {
	const { onChange, newsOfJournal } = await withFailingReload();
	await onChange({ containers: [b] });

	expect(newsOfJournal().slice(0, 3)).toEqual(["read 0", expect.stringMatching(/^maint nodes\/a-/), "check"]);
});

test("promise 11: who leaves is out, also when the configuration is refused", async () => {
	const { onChange, world, newsOfJournal } = await withFailingReload();
	world.faults.refuses = () => "unknown keyword";
	const outcome = await onChange({ containers: [b] });

	expect(newsOfJournal()[1]).toMatch(/^maint nodes\/a-/);
	expect(outcome.steps).toMatchObject([{ kind: "maint-server" }]);
	expect(outcome.problems).toMatchObject([{ code: "configuration-refused" }]);
});

const ready = expect.stringMatching(/^ready nodes\/a-/);

test("who left while no reload succeeds, and comes back, is served again by the process that runs", async () => {
	const { onChange, newsOfJournal, good } = await withFailingReload();
	await onChange({ containers: [b] });
	newsOfJournal();
	const outcome = await onChange({ containers: [a] });

	expect(outcome).toMatchObject({
		generation: good.generation,
		steps: [{ kind: "ready-server" }],
		problems: [],
	});
	expect(newsOfJournal()).toEqual(["read 0", ready]);
	await onChange();
	expect(newsOfJournal()).toEqual(["read 0"]);
});

test("who comes back is served again, also when no process will start with what else there is by now", async () => {
	const { onChange, newsOfJournal, world } = await withFailingReload();
	await onChange({ containers: [a, b] });
	await onChange({ containers: [{ ...a, health: "unhealthy" }, b] });
	newsOfJournal();
	const outcome = await onChange({ containers: [a, b] });

	expect(newsOfJournal().slice(0, 2)).toEqual(["read 0", ready]);
	expect([...world.takenOut]).toEqual([]);
	expect(outcome.problems).toMatchObject([{ code: "reload-failed" }]);
});

test("who comes back at another address is not served at the one it had", async () => {
	const elsewhere = { ...attachment("front", "a"), ipv4: "10.9.9.9" };
	const { onChange, newsOfJournal } = await withFailingReload();
	await onChange({ containers: [b] });
	newsOfJournal();
	await onChange({ containers: [container("a", { health: "healthy", networks: [elsewhere] })] });

	expect(newsOfJournal()).not.toContainEqual(ready);
});

test("a return that HAProxy refuses takes a reload", async () => {
	const { onChange, world, newsOfJournal, good } = await withFailingReload();
	await onChange({ containers: [b] });
	[world.faults.reload, world.faults.ready] = [undefined, "No such server."];
	newsOfJournal();
	const outcome = await onChange({ containers: [a] });

	expect(outcome.generation).toBe(good.generation);
	expect(newsOfJournal()).toEqual(["read 0", ready, "reload"]);
	await onChange();
	expect(newsOfJournal()).toEqual(["read 0"]);
});

test("who was taken out before the controller died, and is well again, is served again", async () => {
	const { onChange, world } = await withFailingReload();
	await onChange({ containers: [b] });
	world.holds({ containers: [a] });
	const next = passesIn(world, false);
	next.newsOfJournal();
	await next.full();

	expect(next.newsOfJournal()).toEqual(["read all", ready, "check"]);
	expect([...world.takenOut]).toEqual([]);
});

test("whom HAProxy lacks is asked until it answers, and then no more", async () => {
	const { onChange, world } = await withFailingReload();
	await onChange({ containers: [b] });
	world.holds({ containers: [a] });
	const { full, onChange: again } = passesIn(world, false);
	const [lacked, loaded] = [[...world.takenOut], world.loaded];
	world.loaded = undefined;
	await full();
	world.loaded = loaded;
	await again();
	expect([...world.takenOut]).toEqual([]);

	for (const name of lacked) world.takenOut.add(name);
	await again();
	expect([...world.takenOut]).toEqual(lacked);
});

test("without an engine, nobody who was taken out is brought back", async () => {
	const { onChange, world } = await withFailingReload();
	await onChange({ containers: [b] });
	const { reconciler, signal } = passesIn(world, false);
	await reconciler.passWithoutEngine(signal);

	expect([...world.takenOut]).toHaveLength(1);
});

test("a leave that HAProxy refuses is a problem, and the reload goes on", async () => {
	const { full, onChange, world, newsOfJournal } = passesIn(createFakeWorld({ containers: [a, b] }));
	await full();
	world.faults.maintain = "No such server.";
	newsOfJournal();
	const outcome = await onChange({ containers: [b] });

	expect(outcome.problems).toMatchObject([
		{
			code: "leave-refused",
			subject: expect.stringMatching(/^nodes\/a-/),
			message: expect.stringContaining("No such"),
		},
	]);
	expect(newsOfJournal().at(-1)).toBe("reload");
	expect(servedIn(outcome)).toEqual(["b"]);
});
