import { expect, test } from "vitest";
import { container, told } from "../testing/containers.ts";
import { settled } from "../testing/fake-clock.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeWorld } from "../testing/fake-world.ts";
import { passesIn } from "../testing/passes.ts";
import { watchedEngine } from "../testing/watched-engine.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];

/** `a` and `b` are served. */
async function settledPair() {
	const passes = passesIn(createFakeWorld({ containers: [a, b] }));
	await passes.full();
	passes.newsOfJournal();
	return passes;
}

const restartedAt = Date.parse("2026-01-01T00:00:30.000Z");

const hints = { all: false, containers: new Set<string>(), urgent: false, look: false };
const steps = (journal: readonly string[]) => journal.map((line) => line.split("-")[0]);

test("who was told to stop is out before the engine has answered", async () => {
	const { reconciler, world, signal, newsOfJournal } = await settledPair();
	const reading = Promise.withResolvers<void>();
	world.faults.held = reading.promise;
	world.holds({ containers: [a, b], leaving: [told(a)] });
	const pass = reconciler.pass(
		{ all: false, containers: new Set([a.id]), urgent: true, look: false },
		signal,
		signal,
	);
	await settled();
	expect(steps(newsOfJournal())).toEqual(["maint nodes/a", "read 1"]);

	reading.resolve();
	await pass;
	expect([...(world.process?.servers.keys() ?? [])]).toEqual([expect.stringMatching(/^nodes\/b-/)]);
});

test("who has joined since the last promotion stays in when somebody else leaves", async () => {
	const { reconciler, world, signal, newsOfJournal } = await settledPair();
	const d = container("d", { health: "healthy" });
	const overtaken = new AbortController();
	world.faults.refuses = () => {
		overtaken.abort(new Error("somebody else leaves"));
		return undefined;
	};
	world.holds({ containers: [a, b, d] });
	expect(
		await reconciler.pass({ ...hints, containers: new Set([d.id]) }, overtaken.signal, signal),
	).toBeUndefined();
	newsOfJournal();

	world.faults.refuses = undefined;
	world.holds({ containers: [a, b, d], leaving: [told(a)] });
	await reconciler.pass({ ...hints, urgent: true }, signal, signal);
	expect(steps(newsOfJournal()).filter((line) => line?.startsWith("maint"))).toEqual(["maint nodes/a"]);
});

test("what somebody sets on HAProxy's socket is not undone by a join at that moment", async () => {
	const { onChange, reconciler, world, signal } = await settledPair();
	await onChange();
	const { process } = world;
	const [[name, one] = []] = process?.servers ?? [];
	if (process === undefined || name === undefined || one === undefined) throw new Error("nobody is served");
	world.process = { ...process, servers: new Map([...process.servers, [name, { ...one, state: "maint" }]]) };
	world.holds({ containers: [a, b, container("d", { health: "healthy" })] });

	expect(await reconciler.pass(hints, signal, signal)).toBeUndefined();
	await reconciler.pass(hints, signal, signal);
	expect(world.process?.servers.get(name)?.state).toBe("maint");
});

test("a read that hangs is overtaken, and nothing is changed by it", async () => {
	const { reconciler, world, signal, newsOfJournal } = await settledPair();
	world.faults.held = new Promise(() => undefined);
	const overtaken = new AbortController();
	const pass = reconciler.pass(
		{ all: false, containers: new Set([a.id]), urgent: false, look: true },
		overtaken.signal,
		signal,
	);
	await settled();
	overtaken.abort(new Error("somebody else leaves"));

	expect(await pass).toBeUndefined();
	expect(newsOfJournal()).toEqual(["read 1"]);
});

test("a pass that is overtaken while HAProxy's parser thinks has let nobody wait, and has written nothing", async () => {
	const { reconciler, world, signal, newsOfJournal } = await settledPair();
	const overtaken = new AbortController();
	world.faults.refuses = () => {
		overtaken.abort(new Error("somebody else leaves"));
		return undefined;
	};
	world.holds({ containers: [b] });

	expect(await reconciler.pass(hints, overtaken.signal, signal)).toBeUndefined();
	expect(steps(newsOfJournal())).toEqual(["read 0", "maint nodes/a", "remove nodes/a", "check"]);
});

test.each([
	["is gone", [{ action: "die", exitCode: 3 }], undefined, ["failed: died, exit code 3"]],
	[
		"has started again",
		[
			{ action: "kill", signal: 15 },
			{ action: "die", exitCode: 0 },
			{ action: "start", at: restartedAt },
		],
		new Date(restartedAt).toISOString(),
		["leave: told to stop (SIGTERM)", "join: healthy"],
	],
] as const)(
	"how one ended that %s by now is written down by the next pass, when the one that read it was overtaken",
	async (_, events, startedAt, lines) => {
		await using engine = await watchedEngine();
		const app = { name: "app", labels: { role: "backend" }, health: "healthy", ports: [3000] };
		engine.docker.add(app);
		const world = createFakeWorld();
		const ports = { ...world.ports, engine: engine.inventory };
		const { full, reconciler, signal } = passesIn({ ...world, ports });
		await full();
		for (const event of events) engine.note("app", event);
		if (startedAt === undefined) engine.docker.containers.clear();
		else engine.change("app", { startedAt });
		const overtaken = new AbortController();
		engine.docker.add({ ...app, name: "other", address: "10.0.0.9" });
		world.faults.refuses = () => {
			overtaken.abort(new Error("somebody else leaves"));
			return undefined;
		};
		const ids = { ...hints, containers: new Set(engine.docker.containers.keys()).add(fakeId("app")) };
		expect(await reconciler.pass(ids, overtaken.signal, signal)).toBeUndefined();
		await reconciler.pass(ids, signal, signal);
		await full();

		const told = world.log.slice(2).filter(({ name }) => name === "app");
		expect(told.map(({ event, why }) => `${event}: ${why}`)).toEqual(lines);
	},
);

test("who is taken out on HAProxy's own socket stays out, as after ballast maint, and comes back in the same way", async () => {
	const { onChange, world, newsOfJournal } = await settledPair();
	await onChange();
	newsOfJournal();
	const somebodySets = (state: "maint" | "ready") => {
		const { process } = world;
		if (process === undefined) throw new Error("no process runs");
		const [[name, one] = []] = process.servers;
		if (name === undefined || one === undefined) throw new Error("nobody is served");
		world.process = { ...process, servers: new Map([...process.servers, [name, { ...one, state }]]) };
	};
	somebodySets("maint");
	const outcome = await onChange();
	expect(outcome.fleet?.pools[0]?.servers[0]?.state).toBe("maint");
	expect(steps(newsOfJournal())).toEqual(["read 0", "check", `promote ${outcome.generation}`]);

	somebodySets("ready");
	expect((await onChange()).fleet?.pools[0]?.servers[0]?.state).toBeUndefined();
});
