import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import type { LastGood } from "../model/boot.ts";
import { container } from "../testing/containers.ts";
import { createFakeWorld } from "../testing/fake-world.ts";
import { looping } from "../testing/looping.ts";
import { passesIn, servedIn } from "../testing/passes.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
const unreachable = new AppError("docker-unreachable", "no engine", { hint: "start it" });

/** What a life of the proxy with these two has left, after a reboot. */
async function lastGood(): Promise<LastGood> {
	const { fleet } = await passesIn(createFakeWorld({ containers: [a, b] })).full();
	if (fleet === undefined) throw new Error("that life had no fleet");
	return { fleet, told: { machine: "1", engine: "1" }, now: { machine: "2", engine: "2" } };
}

test("without an engine those of an earlier life who answer are served, and it says so", async () => {
	const world = createFakeWorld();
	world.faults.lastGood = await lastGood();
	const { reconciler, signal } = passesIn(world);
	const outcome = await reconciler.passWithoutEngine(signal);

	expect(servedIn(outcome)).toEqual(["a", "b"]);
	expect(world.nodes()).toEqual(["a", "b"]);
	expect(outcome.problems).toMatchObject([{ code: "stale-membership", severity: "problem" }]);
});

test("nobody who does not answer is served", async () => {
	const world = createFakeWorld();
	world.faults.lastGood = await lastGood();
	world.faults.answer = "silent";
	const { reconciler, signal } = passesIn(world);

	expect(servedIn(await reconciler.passWithoutEngine(signal))).toEqual([]);
});

test("Docker's first answer ends it, and those whom it confirms have joined", async () => {
	const world = createFakeWorld({ containers: [a] });
	world.faults.lastGood = await lastGood();
	const { reconciler, signal, full } = passesIn(world);
	await reconciler.passWithoutEngine(signal);
	const outcome = await full();

	expect(servedIn(outcome)).toEqual(["a"]);
	expect(outcome.problems).toEqual([]);
	expect(world.faults.lastGood).toBeUndefined();
	expect(world.log.map(({ event, name }) => `${event} ${name}`)).toEqual(["join proxy", "join a"]);
});

test("who begins to answer while Docker still does not is served, too", async () => {
	const world = createFakeWorld();
	world.faults.read = unreachable;
	world.faults.lastGood = await lastGood();
	world.faults.answer = "silent";
	const { clock, status } = await looping(world);
	await clock.advance(6_000);
	expect(status.view()).toMatchObject({ state: "degraded", servers: 0 });

	world.faults.answer = "yes";
	await clock.advance(5_000);
	expect(status.view()).toMatchObject({ state: "degraded", servers: 2 });
	expect(status.view().problems.map(({ code }) => code)).toEqual(["docker-unreachable", "stale-membership"]);
});
