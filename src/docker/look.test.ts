import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { watchedEngine } from "../testing/watched-engine.ts";

const backend = { role: "backend" };

const namesOf = ({ containers }: { readonly containers: readonly { readonly name: string }[] }) =>
	containers.map(({ name }) => name).sort();

test.each([
	["an inspect of it fails", { status: 500, body: '{"message":"no layer"}' }, "no layer"],
	["an inspect of it is nonsense", { body: '{"Id":1}' }, "at Id, expected string"],
])(
	"promise 2: when %s, a container keeps its place, and others join and leave",
	async (_, fault, message) => {
		await using world = await watchedEngine(fakeId("proxy"));
		for (const name of ["broken", "leaver"]) world.docker.add({ name, labels: backend });
		world.docker.add({ name: "proxy" });
		await world.readAll();
		world.docker.faults.answer = { path: fakeId("broken"), ...fault };
		world.docker.add({ name: "joiner", labels: backend });
		world.docker.containers.delete(fakeId("leaver"));

		const { containers, unreadable } = await world.readAll();

		expect(namesOf({ containers })).toEqual(["broken", "joiner"]);
		expect(unreadable).toEqual([
			{ id: fakeId("broken"), name: "broken", message: expect.stringContaining(message) },
		]);
		expect((await world.readOne("joiner")).unreadable).toEqual(unreadable);
		delete world.docker.faults.answer;
		expect((await world.readOne("broken")).unreadable).toEqual([]);
	},
);

test("a container that could never be read stays out, and goes by its id", async () => {
	await using world = await watchedEngine();
	for (const name of ["broken", "app"]) world.docker.add({ name, labels: backend });
	world.docker.faults.answer = { path: fakeId("broken"), status: 500, body: "{}" };

	const { containers, unreadable } = await world.readAll();

	expect(namesOf({ containers })).toEqual(["app"]);
	expect(unreadable).toMatchObject([{ name: fakeId("broken").slice(0, 12) }]);
});

test("when a container that an event names can't be read, the full list tells whether the engine can", async () => {
	await using world = await watchedEngine();
	for (const name of ["broken", "app"]) world.docker.add({ name, labels: backend });
	await world.readAll();
	world.docker.faults.answer = { path: fakeId("broken"), status: 500, body: "{}" };

	const { containers, unreadable } = await world.readOne("broken");

	expect(namesOf({ containers })).toEqual(["app", "broken"]);
	expect(unreadable).toMatchObject([{ name: "broken" }]);
});

test("promise 11: a container that can't be read and is not listed has ended: its address may be another's", async () => {
	await using world = await watchedEngine();
	for (const name of ["broken", "app"]) world.docker.add({ name, labels: backend });
	await world.readAll();
	world.change("broken", { status: "exited" });
	world.docker.faults.answer = { path: fakeId("broken"), status: 500, body: "{}" };

	const { containers, unreadable } = await world.readOne("broken");

	expect(namesOf({ containers })).toEqual(["app"]);
	expect(unreadable).toEqual([]);
});

test("promise 2: a proxy that can't be read any more is where it was; one that never could be ends the read", async () => {
	const fault = { path: fakeId("proxy"), status: 500, body: "{}" };
	await using world = await watchedEngine(fakeId("proxy"));
	world.docker.add({ name: "proxy" });
	world.docker.add({ name: "app", labels: backend });
	world.docker.faults.answer = fault;
	await expect(world.readAll()).rejects.toMatchObject({ code: "docker-failed" });

	delete world.docker.faults.answer;
	const { proxy } = await world.readAll();
	world.docker.faults.answer = fault;

	expect(await world.readAll()).toMatchObject({ proxy, unreadable: [{ name: "proxy" }] });
});
