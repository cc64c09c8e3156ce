import { expect, test } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { createDockerClient } from "./client.ts";
import { createInventory } from "./inventory.ts";
import { withPatience } from "./patience.ts";

const { signal } = new AbortController();
const labels = { role: "backend" };
const everything = { all: true, containers: new Set<string>() };
const only = (name: string) => ({ all: false, containers: new Set([fakeId(name)]) });

/** An inventory that is patient by a clock of its own, over an engine of these containers. */
async function patientWorld(...names: readonly string[]) {
	const docker = await createFakeDocker();
	// They have only just started, so that no list can say that they have not been started again.
	docker.clock.now = () => Date.parse("2026-01-01T00:00:02Z");
	for (const name of names) docker.add({ name, labels });
	const clock = createFakeClock();
	const late: string[] = [];
	const client = withPatience(createDockerClient(docker.host), clock, (id) => late.push(id));
	const inventory = createInventory({ client, joinLabel: "role=backend", self: undefined, clock });
	const hang = (name: string) => {
		docker.faults.answer = { path: fakeId(name), never: true };
	};
	/** Reads while time goes by. */
	const read = async (hints = everything) => {
		docker.requests.length = 0;
		const reading = inventory.read(hints, signal);
		const asked = hints.all ? docker.containers.size + 1 : 1;
		await expect.poll(() => docker.requests.length).toBeGreaterThanOrEqual(asked);
		await clock.advance(1_000);
		return await reading;
	};
	return { ...docker, docker, clock, late, inventory, hang, read };
}

const namesOf = ({ containers }: { readonly containers: readonly { readonly name: string }[] }) =>
	containers.map(({ name }) => name).toSorted();

test("promise 2: a container about which the engine never answers keeps its place, is told of, and the others go on", async () => {
	await using world = await patientWorld("hung", "leaver");
	await world.inventory.read(everything, signal);
	world.hang("hung");
	world.docker.add({ name: "joiner", labels });
	world.docker.containers.delete(fakeId("leaver"));

	const read = await world.read();

	expect(namesOf(read)).toEqual(["hung", "joiner"]);
	expect(read.unreadable).toEqual([
		{ id: fakeId("hung"), name: "hung", message: "Docker does not answer about it within 1 s" },
	]);
});

test("it is waited for once: later reads ask about it behind the scenes, and no pass waits again", async () => {
	await using world = await patientWorld("hung", "app");
	await world.inventory.read(everything, signal);
	world.hang("hung");
	await world.read();
	const before = world.clock.now();

	for (let reads = 0; reads < 3; reads += 1) {
		const { unreadable } = await world.inventory.read(everything, signal);
		expect(unreadable).toMatchObject([{ name: "hung" }]);
	}
	await world.inventory.read(only("hung"), signal);

	expect(world.clock.now()).toBe(before);
	expect(world.clock.sleeping()).toBe(0);
});

test("an answer that comes late is a hint, and what it is about can be read again", async () => {
	await using world = await patientWorld("hung", "app");
	world.hang("hung");
	expect(namesOf(await world.read())).toEqual(["app"]);

	// What is under way never ends. The next one is answered.
	delete world.docker.faults.answer;
	await expect
		.poll(
			async () => {
				await world.inventory.read(everything, signal);
				return world.late;
			},
			{ timeout: 60_000, interval: 500 },
		)
		.toEqual([fakeId("hung")]);
	expect(namesOf(await world.inventory.read(only("hung"), signal))).toEqual(["app", "hung"]);
}, 120_000);

test("one that is refused after all is read as such", async () => {
	await using world = await patientWorld("hung", "app");
	await world.inventory.read(everything, signal);
	world.hang("hung");
	await world.read();
	world.docker.faults.answer = { path: fakeId("hung"), status: 500, body: '{"message":"no layer"}' };
	await expect
		.poll(async () => (await world.inventory.read(everything, signal)).unreadable[0]?.message, {
			timeout: 60_000,
			interval: 500,
		})
		.toContain("no layer");
	expect(world.late).toEqual([]);
}, 120_000);

test("promise 2: where the engine answers about none of many, it is the engine, and the read fails", async () => {
	const names = Array.from({ length: 40 }, (_, n) => `app-${n}`);
	await using world = await patientWorld("well", ...names);
	const before = await world.inventory.read(everything, signal);
	world.docker.faults.answer = { path: Buffer.from("app-").toString("hex"), never: true };
	world.docker.requests.length = 0;

	const reading = world.inventory.read(everything, signal);
	reading.catch(() => undefined);
	await expect.poll(() => world.docker.requests.length).toBeGreaterThanOrEqual(9);
	await world.clock.advance(1_000);

	await expect(reading).rejects.toMatchObject({
		code: "docker-unreachable",
		message: "Docker did not answer about any of 8 containers",
	});
	const nothing = { all: false, containers: new Set<string>() };
	expect(await world.inventory.read(nothing, signal)).toEqual(before);
});

test("promise 12: an abort ends the wait", async () => {
	await using world = await patientWorld("hung");
	world.hang("hung");
	const stopping = new AbortController();
	const reading = world.inventory.read(everything, stopping.signal);
	await expect.poll(() => world.docker.requests.length).toBe(2);
	stopping.abort(new Error("stopping"));

	await expect(reading).rejects.toThrow("stopping");
	expect(world.clock.sleeping()).toBe(0);
});
