import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { type WatchedEngine, watchedEngine } from "../testing/watched-engine.ts";

const backend = { role: "backend" };
const vpnMode = `container:${fakeId("vpn")}`;

const namesOf = ({ containers }: Awaited<ReturnType<WatchedEngine["readAll"]>>) =>
	containers.map(({ name }) => name).sort();

test("a container whose network a labelled one uses is known, too, by one inspect, and read again when an event names it", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "vpn", address: "10.0.0.7" });
	world.docker.add({ name: "stranger" });
	await world.readAll();
	world.docker.add({ name: "app", labels: backend, networkMode: vpnMode });
	world.docker.requests.length = 0;

	expect(namesOf(await world.readOne("app"))).toEqual(["app", "vpn"]);
	expect(world.docker.requests).toHaveLength(2);
	expect(namesOf(await world.readOne("app"))).toEqual(["app", "vpn"]);
	expect(world.docker.requests).toHaveLength(3);
	world.change("vpn", { address: "10.0.0.8" });
	const { containers } = await world.readOne("vpn");

	expect(containers.find(({ name }) => name === "vpn")?.networks[0]?.ipv4).toBe("10.0.0.8");
	expect(world.docker.requests).toHaveLength(4);
	expect(namesOf(await world.readAll())).toEqual(["app", "vpn"]);
	expect(world.note("vpn", { action: "disconnect" })?.urgent).toBe(true);
});

test("who lends a network to no one any more is forgotten", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "vpn" });
	world.docker.add({ name: "app", labels: backend, networkMode: vpnMode });
	await world.readAll();
	world.change("app", { networkMode: "front" });

	expect(namesOf(await world.readOne("app"))).toEqual(["app"]);
});

test("chains of lenders are followed to their end, and those that run in a circle end", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "a", labels: backend, networkMode: "container:b" });
	world.docker.add({ name: "b", networkMode: "container:c" });
	world.docker.add({ name: "c", networkMode: "container:b" });
	world.docker.add({ name: "self", labels: backend, networkMode: "container:self" });

	expect(namesOf(await world.readAll())).toEqual(["a", "b", "c", "self"]);
});

test("a lender that is gone is looked for once, and again with a full list", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, networkMode: "container:vpn" });
	const asked = () => world.docker.requests.filter((request) => request.includes("/vpn/")).length;
	await world.readAll();
	await world.readOne("app");
	expect(asked()).toBe(1);
	world.docker.add({ name: "vpn" });

	expect(namesOf(await world.readAll())).toEqual(["app", "vpn"]);
	expect(asked()).toBe(2);
});

test.each([401, 403, 405, 500])(
	"promise 2: a lender that alone can't be read (%s) stays as it was, and is told of",
	async (status) => {
		await using world = await watchedEngine();
		world.docker.add({ name: "vpn" });
		world.docker.add({ name: "app", labels: backend, networkMode: vpnMode });
		await world.readAll();
		world.docker.faults.answer = { path: fakeId("vpn"), status, body: '{"message":"dead"}' };

		const { containers, unreadable } = await world.readAll();

		expect(containers.map(({ name }) => name).sort()).toEqual(["app", "vpn"]);
		expect(unreadable).toMatchObject([{ name: "vpn" }]);
	},
);

test("a lender that could never be read is told of once, however often it is asked for", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "vpn" });
	world.docker.add({ name: "app", labels: backend, networkMode: vpnMode });
	world.docker.faults.answer = { path: fakeId("vpn"), status: 500, body: '{"message":"dead"}' };
	await world.readAll();
	await world.readOne("app");

	const { containers, unreadable } = await world.readOne("app");

	expect(containers.map(({ name }) => name)).toEqual(["app"]);
	expect(unreadable).toHaveLength(1);
});

test("promise 2: one that carries no label and may not be read does not keep an event from being followed", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend });
	world.docker.add({ name: "stranger" });
	world.docker.faults.answer = { path: fakeId("stranger"), status: 403, body: "{}" };

	expect(namesOf(await world.readOne("stranger"))).toEqual(["app"]);
});
