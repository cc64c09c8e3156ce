import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { type WatchedEngine, watchedEngine } from "../testing/watched-engine.ts";

const { signal } = new AbortController();
const backend = { role: "backend" };

/** The ids of the fake end in zeros. */
const anyInspect = "0/json";

const namesOf = ({ containers }: Awaited<ReturnType<WatchedEngine["readAll"]>>) =>
	containers.map(({ name }) => name).sort();

test("reads everything that runs or is paused and carries the join label", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "one", labels: backend });
	world.docker.add({ name: "two", labels: backend, status: "paused" });
	world.docker.add({ name: "three", labels: { role: "worker" } });
	world.docker.add({ name: "four", labels: backend, status: "exited" });

	expect(namesOf(await world.readAll())).toEqual(["one", "two"]);
});

test("one that we have stopped ourselves is read, although no list has it, until it is gone", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "one", labels: backend, status: "exited" });
	world.asleep.set(fakeId("one"), "2026-01-01T00:00:01Z");

	const { containers, asleep } = await world.readAll();
	expect(containers).toMatchObject([{ name: "one", state: "exited" }]);
	expect(asleep).toEqual(world.asleep);
	world.docker.containers.clear();
	expect(namesOf(await world.readAll())).toEqual([]);
});

test("nor is it lost where the engine does not tell of it now, as of one that it is starting", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "one", labels: backend, status: "exited" });
	world.docker.add({ name: "two", labels: backend });
	world.asleep.set(fakeId("one"), "2026-01-01T00:00:01Z");
	await world.readAll();

	world.docker.faults.answer = {
		path: `/containers/${fakeId("one")}/json`,
		status: 500,
		body: '{"message":"locked"}',
	};
	expect(namesOf(await world.readAll())).toEqual(["one", "two"]);
});

test("promise 1: an event costs one inspect, however many containers there are", async () => {
	await using world = await watchedEngine();
	for (let index = 0; index < 50; index += 1) world.docker.add({ name: `app-${index}`, labels: backend });
	await world.readAll();
	expect(world.docker.requests).toHaveLength(51);
	world.change("app-7", { health: "unhealthy" });

	world.docker.requests.length = 0;
	const { containers } = await world.readOne("app-7");

	expect(world.docker.requests).toEqual([`GET /containers/${fakeId("app-7")}/json`]);
	expect(containers).toHaveLength(50);
	expect(containers.find(({ name }) => name === "app-7")?.health).toBe("unhealthy");
});

test("promise 1: what an event says is not believed, what an inspect says is", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend });
	await world.readAll();

	world.note("app", { action: "die" });
	world.note("new", { action: "start" });

	expect((await world.readOne("app")).containers).toMatchObject([{ name: "app", state: "running" }]);
});

test("a container without the join label, or none at all, is not kept", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend });
	world.docker.add({ name: "other" });
	await world.readAll();

	expect(namesOf(await world.readOne("other"))).toEqual(["app"]);
	world.docker.containers.clear();
	expect(namesOf(await world.readOne("app"))).toEqual([]);
});

test("how a container died while nobody listened is learnt with the next full list, and then forgotten", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend });
	await world.readAll();
	world.change("app", { status: "exited" });

	expect((await world.readAll()).containers).toMatchObject([{ name: "app", state: "exited" }]);
	expect((await world.readAll()).containers).toEqual([]);
});

test("promise 2: a healthy container whose engine was restarted under it stays healthy until Docker has checked anew", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, health: "healthy" });
	const healthOf = ({ containers }: Awaited<ReturnType<WatchedEngine["readAll"]>>) => containers[0]?.health;
	await world.readAll();

	world.change("app", { health: "starting" });
	expect(healthOf(await world.readAll())).toBe("healthy");
	expect(healthOf(await world.readOne("app"))).toBe("healthy");

	world.change("app", { health: "unhealthy" });
	expect(healthOf(await world.readOne("app"))).toBe("unhealthy");
	world.change("app", { health: "starting" });
	expect(healthOf(await world.readOne("app"))).toBe("starting");
});

test("a container that is started again has to become healthy again", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend, health: "healthy" });
	await world.readAll();
	world.change("app", { health: "starting", startedAt: "2026-01-01T00:00:30.000000001Z" });

	expect((await world.readAll()).containers).toMatchObject([{ health: "starting" }]);
});

test.each([
	["the list fails", { path: "/containers/json", status: 500, body: '{"message":"no"}' }, "docker-failed"],
	["the list is nonsense", { path: "/containers/json", body: '{"nonsense":1}' }, "docker-nonsense"],
	["every inspect fails", { path: anyInspect, status: 500, body: "{}" }, "docker-failed"],
	["every inspect is nonsense", { path: anyInspect, body: '{"Id":1}' }, "docker-nonsense"],
	["an inspect is forbidden", { path: fakeId("one"), status: 403, body: "{}" }, "docker-failed"],
	["no inspect ever answers", { path: anyInspect, never: true }, "docker-unreachable"],
])("promise 2: when %s, what was known stays", async (_, fault, code) => {
	await using world = await watchedEngine(fakeId("proxy"), 1_000);
	for (const name of ["one", "two", "proxy"]) world.docker.add({ name, labels: backend });
	const before = await world.readAll();
	world.change("two", { status: "exited" });
	world.docker.faults.answer = fault;

	await expect(world.readAll()).rejects.toMatchObject({ code });

	const none = { all: false, containers: new Set<string>() };
	expect(await world.inventory.read(none, signal)).toEqual(before);
});

test.each([
	["die", true],
	["pause", true],
	["destroy", true],
	["disconnect", true],
	["health_status: unhealthy", true],
	["health_status: healthy", false],
	["start", false],
	["unpause", false],
	["connect", false],
])("%s takes something away: %s", async (action, urgent) => {
	await using world = await watchedEngine();
	world.docker.add({ name: "app", labels: backend });
	await world.readAll();

	expect(world.note("app", { action })).toEqual({ containerId: fakeId("app"), urgent });
});

test("one that Docker connects before it has started is not asked for: the start follows, and tells", async () => {
	await using world = await watchedEngine();
	world.docker.add({ name: "ours", labels: { role: "backend" } });
	await world.readAll();

	expect(world.note("coming", { action: "connect" })).toBeUndefined();
	expect(world.note("coming", { action: "start" })).toEqual({ containerId: fakeId("coming"), urgent: false });
	expect(world.note("ours", { action: "connect" })).toEqual({ containerId: fakeId("ours"), urgent: false });
});

test("what happens to a stranger is not urgent, what happens to the proxy is", async () => {
	await using world = await watchedEngine(fakeId("proxy"));
	for (const name of ["proxy", "stranger"]) world.docker.add({ name });
	await world.readAll();

	expect(world.note("stranger", { signal: 15 })?.urgent).toBe(false);
	expect(world.note("stranger", { action: "disconnect" })?.urgent).toBe(false);
	expect(world.note("proxy", { action: "disconnect" })?.urgent).toBe(true);
});

test("the proxy is read with a full list, and when an event names it, and not otherwise", async () => {
	await using world = await watchedEngine(fakeId("proxy").slice(0, 12));
	world.docker.add({ name: "proxy", address: "10.0.0.1" });
	world.docker.add({ name: "app", labels: backend });
	expect((await world.readAll()).proxy.container?.name).toBe("proxy");
	world.change("proxy", { address: "10.0.0.9" });

	expect((await world.readOne("app")).proxy.container?.networks[0]?.ipv4).toBe("10.0.0.1");
	const { proxy, containers } = await world.readOne("proxy");

	expect(proxy.container?.networks[0]?.ipv4).toBe("10.0.0.9");
	expect(containers.map(({ name }) => name)).toEqual(["app"]);
});

test("promise 11: an engine that does not know the container we run in is another host's", async () => {
	await using world = await watchedEngine("0123456789abcdef".repeat(4));
	world.docker.add({ name: "app", labels: backend });

	await expect(world.readAll()).rejects.toMatchObject({
		code: "docker-self-unknown",
		message: expect.stringContaining(`0123456789ab, which the engine at ${world.docker.host} does not know`),
		hint: expect.stringContaining("BALLAST_DOCKER_HOST"),
	});
});

test("a proxy that the engine does not know runs outside, where its id was a guess", async () => {
	await using world = await watchedEngine("0123456789ab");

	expect((await world.readAll()).proxy).toEqual({ container: undefined });
});

test("promise 12: a read ends on abort", async () => {
	await using world = await watchedEngine();
	world.docker.faults.answer = { path: "/containers", never: true };
	const stopping = new AbortController();
	const reading = world.inventory.read({ all: true, containers: new Set() }, stopping.signal);
	await expect.poll(() => world.docker.requests.length).toBe(1);

	stopping.abort(new Error("stopping"));

	await expect(reading).rejects.toThrow("stopping");
});
