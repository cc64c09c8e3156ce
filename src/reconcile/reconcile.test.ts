import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { emptyFleet } from "../model/fleet.ts";
import { container, told } from "../testing/containers.ts";
import { createFakeWorld } from "../testing/fake-world.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];

/** In a pool of its own, which takes a reload. */
const c = container("c", { health: "healthy", labels: { "ballast.pool": "own" } });

test("promise 4: a generation is checked, then promoted, then loaded", async () => {
	const { full, world, newsOfJournal } = passesIn(createFakeWorld({ containers: [a] }));
	const outcome = await full();

	expect(newsOfJournal()).toEqual(["read all", "check", `promote ${outcome.generation}`, "reload"]);
	expect(servedIn(outcome)).toEqual(["a"]);
	expect(outcome).toMatchObject({ problems: [], generation: world.inForce()?.id });
	expect(world.inForce()?.id).toBe(outcome.generation);
});

test("a pass that finds nothing new reads what was hinted, and asks HAProxy's parser nothing", async () => {
	const { full, onChange, newsOfJournal } = passesIn(createFakeWorld({ containers: [a] }));
	await full();
	newsOfJournal();
	const outcome = await onChange();

	expect(newsOfJournal()).toEqual(["read 0"]);
	expect(outcome.steps).toEqual([]);
	expect(servedIn(outcome)).toEqual(["a"]);
});

test("promise 1: what is served comes from the read alone, whatever was hinted", async () => {
	const { reconciler, world, signal } = passesIn(createFakeWorld({ containers: [a] }));
	const hints = { all: false, containers: new Set(["no such container"]), urgent: false, look: true };
	const outcome = await reconciler.pass(hints, signal, signal);

	expect(world.reads).toEqual([hints]);
	expect(servedIn(outcome ?? { fleet: undefined })).toEqual(["a"]);
});

test("promise 2: a read that fails ends the pass, and nothing of what is served changes", async () => {
	const { full, onChange, world, newsOfJournal } = passesIn(createFakeWorld({ containers: [a, b] }));
	await full();
	const before = { inForce: world.inForce(), nodes: world.nodes(), log: [...world.log] };
	newsOfJournal();
	world.faults.read = new AppError("docker-unreachable", "no engine");

	await expect(onChange({ containers: [] })).rejects.toMatchObject({ code: "docker-unreachable" });
	expect(newsOfJournal()).toEqual(["read 0"]);
	expect({ inForce: world.inForce(), nodes: world.nodes(), log: world.log }).toEqual(before);
});

test("who comes and goes is written down, with /nodes as it should be", async () => {
	const { full, onChange, world } = passesIn(createFakeWorld({ containers: [a] }));
	await full();
	await onChange({ containers: [a, b] });
	expect(world.nodes()).toEqual(["a", "b"]);
	await onChange({ containers: [a, b], leaving: [told(a)] });

	expect(world.nodes()).toEqual(["b"]);
	expect(world.log.map(({ event, role, name }) => `${event} ${role} ${name}`)).toEqual([
		"join balancer proxy",
		"join backend a",
		"join backend b",
		"leave backend a",
	]);
});

test("a controller that starts again announces neither the proxy nor who is served already", async () => {
	const { full, world } = passesIn(createFakeWorld({ containers: [a] }));
	await full();
	const logged = world.log.length;
	const outcome = await passesIn(world, false).full();

	expect(outcome.steps).toEqual([]);
	expect(world.log).toHaveLength(logged);
});

test("promise 10: a controller that starts again makes the same generation of the same containers", async () => {
	const world = createFakeWorld({ containers: [a, b] });
	const { generation } = await passesIn(world).full();
	world.holds({ containers: [b, a] });

	expect((await passesIn(world, false).full()).generation).toBe(generation);
});

test("a server keeps its name when its container is renamed", async () => {
	const { full, onChange } = passesIn(createFakeWorld({ containers: [a] }));
	const nameIn = async (pass: ReturnType<typeof full>) => (await pass).fleet?.pools[0]?.servers[0]?.name;
	const name = await nameIn(full());

	expect(await nameIn(onChange({ containers: [{ ...a, name: "renamed" }] }))).toBe(name);
});

test("a server keeps its name when its container is renamed while it is out", async () => {
	const { full, onChange } = passesIn(createFakeWorld({ containers: [a] }));
	const nameIn = async (pass: ReturnType<typeof full>) => (await pass).fleet?.pools[0]?.servers[0]?.name;
	const name = await nameIn(full());
	const renamed = { ...a, name: "renamed" };
	await onChange({ containers: [{ ...a, health: "unhealthy" }] });
	await onChange({ containers: [{ ...renamed, health: "unhealthy" }] });

	expect(await nameIn(onChange({ containers: [renamed] }))).toBe(name);
});

test("a port that does not answer keeps its container out until it does", async () => {
	const { full, onChange, world } = passesIn(createFakeWorld({ containers: [container("unchecked")] }));
	world.faults.answer = "not-yet";
	expect(servedIn(await full())).toEqual([]);

	world.faults.answer = "yes";
	expect(servedIn(await onChange())).toEqual(["unchecked"]);
});

test("who leaves while a reload breaks off is written down all the same", async () => {
	const { full, onChange, world } = passesIn(createFakeWorld({ containers: [a, b] }));
	await full();
	world.faults.reload = new AppError("haproxy-silent", "the master socket does not answer");
	await expect(onChange({ containers: [b, c] })).rejects.toThrow("does not answer");
	world.faults.reload = undefined;
	await onChange();

	expect(world.log.slice(-2)).toMatchObject([
		{ event: "leave", name: "a" },
		{ event: "join", name: "c" },
	]);
	expect(world.nodes()).toEqual(["b", "c"]);
});

test("who joins in a first pass that breaks off is written down all the same", async () => {
	const { full, onChange, world } = passesIn(createFakeWorld({ containers: [a] }));
	world.faults.reload = new AppError("haproxy-silent", "the master socket does not answer");
	await expect(full()).rejects.toThrow("does not answer");
	world.faults.reload = undefined;
	await onChange();

	expect(world.log.map(({ event, name }) => `${event} ${name}`)).toEqual(["join proxy", "join a"]);
});

test("without an engine the first generation has an empty pool", async () => {
	const { reconciler, signal, world, newsOfJournal } = passesIn();
	const outcome = await reconciler.passWithoutEngine(signal);

	expect(outcome.fleet).toEqual(emptyFleet);
	expect(newsOfJournal()).toEqual(["check", `promote ${outcome.generation}`, "reload"]);
	expect(world.log).toEqual([]);
});

test("without an engine a generation in force stays as it is", async () => {
	const world = createFakeWorld({ containers: [a] });
	const { generation } = await passesIn(world).full();
	const { reconciler, signal, newsOfJournal } = passesIn(world, false);
	newsOfJournal();
	const outcome = await reconciler.passWithoutEngine(signal);

	expect(outcome).toMatchObject({ generation, steps: [] });
	expect(newsOfJournal()).toEqual(["check"]);
});

test("promise 12: a pass ends when the signal aborts, and applies nothing more", async () => {
	const { reconciler, world, newsOfJournal } = passesIn(createFakeWorld({ containers: [a] }));
	const end = new AbortController();
	const reading = Promise.withResolvers<void>();
	world.faults.held = reading.promise;
	const pass = reconciler.pass(
		{ all: true, containers: new Set(), urgent: false, look: true },
		end.signal,
		end.signal,
	);
	end.abort();
	reading.resolve();

	await expect(pass).rejects.toMatchObject({ name: "AbortError" });
	expect(newsOfJournal()).toEqual(["read all"]);
});
