import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import { emptyFleet } from "../model/fleet.ts";
import { container } from "../testing/containers.ts";
import { settled } from "../testing/fake-clock.ts";
import { createFakeWorld } from "../testing/fake-world.ts";
import { looping } from "../testing/looping.ts";
import { passesIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
const unreachable = new AppError("docker-unreachable", "no engine", { hint: "start it" });

test("the first pass waits for no hint, and reads everything", async () => {
	const { world, newsOfJournal, status } = await looping();

	expect(newsOfJournal()).toEqual(["read all", "check", `promote ${world.inForce()?.id}`, "reload"]);
	expect(status.view()).toMatchObject({
		state: "ok",
		servers: 1,
		lastReload: { reasons: [{ kind: "first-generation" }] },
	});
});

test("promise 1: a hint leads to a read of what it names", async () => {
	const { world, trigger, clock } = await looping();
	await clock.advance(1_000);
	trigger.hint({ container: a.id });
	await settled();

	expect(world.reads.at(-1)).toMatchObject({ all: false, containers: new Set([a.id]) });
});

test("promise 3: hints during a pass cause exactly one more", async () => {
	const { world, trigger, clock, reads } = await looping();
	await clock.advance(1_000);
	reads();
	const reading = Promise.withResolvers<void>();
	world.faults.held = reading.promise;
	trigger.hint({ container: "a" });
	await settled();
	for (const name of ["b", "c", "d"]) trigger.hint({ container: name });
	await settled();
	expect(reads()).toEqual(["read 1"]);

	world.faults.held = undefined;
	reading.resolve();
	await clock.advance(9_000);
	expect(reads()).toEqual(["read 3"]);
});

test("promise 3: a burst after a reload becomes one pass, and what leaves does not wait", async () => {
	const { trigger, clock, reads } = await looping();
	reads();
	for (const name of ["a", "b", "c"]) {
		trigger.hint({ container: name });
		await clock.advance(30);
	}
	expect(reads()).toEqual([]);
	trigger.hint({ container: "d", urgent: true });
	await settled();

	expect(reads()).toEqual(["read 4"]);
});

test("it turns without any hint, and reads everything once a minute", async () => {
	const { clock, reads, status } = await looping();
	reads();
	await clock.advance(50_000);
	expect(reads()).toEqual(Array(5).fill("read 0"));
	expect(status.sinceLastTurn()).toBe(0);
	await clock.advance(10_000);
	expect(reads()).toEqual(["read all"]);
	await clock.advance(10_000);
	expect(reads()).toEqual(["read 0"]);
});

test("promise 2: a failed read leaves what is served, is told, and tried again with everything until it works", async () => {
	const { world, trigger, clock, reads, status, lines } = await looping();
	await clock.advance(1_000);
	const before = { inForce: world.inForce(), nodes: world.nodes() };
	reads();
	world.faults.read = unreachable;
	world.holds({ containers: [] });
	trigger.hint({ container: a.id });
	await clock.advance(3_000);

	expect({ inForce: world.inForce(), nodes: world.nodes() }).toEqual(before);
	expect(status.view()).toMatchObject({
		state: "degraded",
		servers: 1,
		problems: [{ code: "docker-unreachable", hint: "start it" }],
	});
	const tries = reads();
	expect(tries[0]).toBe("read 1");
	expect(tries.length).toBeGreaterThan(3);
	expect(new Set(tries.slice(1))).toEqual(new Set(["read all"]));
	expect(lines.filter(({ msg }) => msg.includes("a pass failed"))).toHaveLength(1);

	world.faults.read = undefined;
	world.holds({ containers: [b] });
	await clock.advance(2_000);
	expect(world.nodes()).toEqual(["b"]);
	expect(status.view()).toMatchObject({ state: "ok", problems: [] });
});

test("tries that fail come less and less often, every 1.5 to 2 s at last", async () => {
	const world = createFakeWorld();
	world.faults.read = unreachable;
	const { clock, reads } = await looping(world);
	await clock.advance(10_000);
	reads();
	await clock.advance(20_000);

	const tries = reads().length;
	expect(tries).toBeGreaterThanOrEqual(10);
	expect(tries).toBeLessThanOrEqual(14);
});

test("a failure that nobody foresaw does not end the loop", async () => {
	const { world, trigger, clock, status } = await looping();
	world.faults.read = new TypeError("x is not a function");
	await clock.advance(1_000);
	trigger.hint({});
	await settled();
	expect(status.view().problems).toMatchObject([{ code: "pass-failed" }]);

	world.faults.read = undefined;
	await clock.advance(2_000);
	expect(status.view().state).toBe("ok");
});

test("without an engine at the start, HAProxy gets an empty pool after 5 s, not before", async () => {
	const world = createFakeWorld();
	world.faults.read = unreachable;
	const { clock, status } = await looping(world);
	await clock.advance(4_999);
	expect(world.inForce()).toBeUndefined();
	await clock.advance(1);

	expect(world.inForce()?.fleet).toEqual(emptyFleet);
	expect(world.process?.structure).toBe(world.inForce()?.structure);
	expect(status.view()).toMatchObject({
		state: "degraded",
		generation: world.inForce()?.id,
		problems: [{ code: "docker-unreachable" }],
	});

	world.faults.read = undefined;
	world.holds({ containers: [a] });
	await clock.advance(2_000);
	expect(world.nodes()).toEqual(["a"]);
	expect(status.view().state).toBe("ok");
});

test("without an engine at the start of the controller alone, what is in force stays", async () => {
	const world = createFakeWorld({ containers: [a] });
	const { generation } = await passesIn(world).full();
	world.faults.read = unreachable;
	const { clock, newsOfJournal, status } = await looping(world, false);
	await clock.advance(10_000);

	expect(newsOfJournal().filter((line) => !line.startsWith("read"))).toEqual(["check"]);
	expect(world.inForce()?.id).toBe(generation);
	expect(status.view()).toMatchObject({ state: "degraded", generation, servers: 1 });
});

test("an engine that goes away after it has answered leaves all as it is, problems included", async () => {
	const world = createFakeWorld({ containers: [a, container("bad", { labels: { "ballast.port": "x" } })] });
	const { clock, trigger, status, newsOfJournal } = await looping(world);
	await clock.advance(7_000);
	newsOfJournal();
	world.faults.read = unreachable;
	trigger.hint({});
	await clock.advance(7_000);

	expect(newsOfJournal().filter((line) => !line.startsWith("read"))).toEqual([]);
	expect(status.view().problems.map(({ code }) => code)).toEqual(["docker-unreachable", "bad-label"]);
});

test("a reload is told once, with its reasons; one that failed is not told as one", async () => {
	const { world, trigger, clock, lines } = await looping();
	expect(lines).toMatchObject([{ generation: world.inForce()?.id, reasons: [{ kind: "first-generation" }] }]);
	world.faults.reload = { kind: "failed", log: "address in use" };
	world.holds({ containers: [a, b] });
	trigger.hint({});
	await clock.advance(1_000);

	expect(lines.filter(({ msg }) => msg === "HAProxy has a new generation")).toHaveLength(1);
});

test("promise 12: the loop ends at once when the signal aborts: idle, between tries, or in a read that hangs", async () => {
	const idle = await looping();
	const trying = await looping();
	trying.world.faults.read = unreachable;
	trying.trigger.hint({});
	await trying.clock.advance(1_000);
	const hanging = await looping();
	hanging.world.faults.held = new Promise(() => undefined);
	hanging.trigger.hint({});
	await hanging.clock.advance(1_000);

	for (const { end, ended, clock } of [idle, trying, hanging]) {
		end.abort();
		await expect(ended).rejects.toMatchObject({ name: "AbortError" });
		expect(clock.sleeping()).toBe(0);
	}
});

test("a problem that waits for a person is a line in the log once, with what to do, and again when it comes back", async () => {
	const bad = container("a", { health: "healthy", labels: { role: "backend", "ballast.port": "banana" } });
	const { world, clock, lines } = await looping(createFakeWorld({ containers: [bad] }));
	const told = () => lines.filter(({ msg }) => msg.includes("banana"));
	expect(told()).toEqual([
		expect.objectContaining({ level: "warn", subject: "a", code: "bad-label", hint: expect.any(String) }),
	]);
	expect(told()[0]?.msg).toMatch(/^a: label ballast.port is "banana", expected/);

	await clock.advance(130_000);
	expect(told()).toHaveLength(1);
	world.holds({ containers: [a] });
	await clock.advance(60_000);
	world.holds({ containers: [bad] });
	await clock.advance(60_000);
	expect(told()).toHaveLength(2);
});
