import { expect, test } from "vitest";
import { dockerLife } from "../testing/docker-life.ts";
import { fakeId } from "../testing/fake-container.ts";
import { type WatchedEngine, watchedEngine } from "../testing/watched-engine.ts";

const backend = { role: "backend" };
const startedAt = "2026-01-01T00:00:00.000000001Z";
const day = 86_400_000;

/** A hundred apps that have been up for a day, read; both clocks go by `pass`. */
async function fleet(): Promise<WatchedEngine & { readonly pass: (ms: number) => void }> {
	const world = await watchedEngine(fakeId("proxy"));
	const began = Date.parse(startedAt) + day;
	world.docker.clock.now = () => began + world.time.now;
	world.docker.add({ name: "proxy", startedAt });
	for (let n = 0; n < 100; n += 1) world.docker.add({ name: `app-${n}`, labels: backend, startedAt });
	await world.readAll();
	const pass = (ms: number) => {
		world.time.now += ms;
	};
	return { ...world, pass };
}

/** Who was inspected by a full read. */
async function inspected({ docker, readAll }: WatchedEngine): Promise<readonly string[]> {
	docker.requests.length = 0;
	await readAll();
	const ids = docker.requests.flatMap((request) => /\/([0-9a-f]{64})\/json/.exec(request)?.[1] ?? []);
	return ids.map((id) => docker.containers.get(id)?.name ?? "gone").toSorted();
}

test("promise 1: a full list inspects the proxy, and of thousands only those of which it shows something new", async () => {
	await using world = await fleet();
	world.pass(60_000);
	expect(await inspected(world)).toEqual(["proxy"]);

	world.change("app-1", { health: "unhealthy" });
	world.change("app-2", { address: "10.0.0.9" });
	world.docker.change(fakeId("app-3"), { name: "renamed" });
	world.change("app-4", { status: "paused" });
	world.change("app-5", { status: "exited" });
	world.change("app-6", { network: "other" });
	world.docker.containers.delete(fakeId("app-7"));
	world.change("new", { labels: backend });

	const seen = await inspected(world);
	expect(seen).toEqual(["app-1", "app-2", "app-4", "app-5", "app-6", "gone", "new", "proxy", "renamed"]);
	const { containers } = await world.readAll();
	expect(containers.find(({ name }) => name === "app-2")?.networks[0]?.ipv4).toBe("10.0.0.9");
	expect(containers.find(({ name }) => name === "app-1")?.health).toBe("unhealthy");
	expect(containers).toHaveLength(99);
});

test.each([0, 500, 2_000, 59_000, 3_000_000, 2 * day])(
	"promise 2: a start that no event told of is found, %i ms after it, though the list looks alike",
	async (age) => {
		await using world = await fleet();
		world.pass(1_000);
		const again = new Date(world.docker.clock.now()).toISOString();
		world.change("app-1", { startedAt: again });
		world.pass(age);

		expect(await inspected(world)).toContain("app-1");
		const { containers } = await world.readAll();
		expect(containers.find(({ name }) => name === "app-1")?.startedAt).toBe(again);
	},
);

test("what an event was heard of is inspected by the next full list, whatever that shows", async () => {
	await using world = await fleet();
	world.pass(2_000);
	world.note("app-1", { action: "rename" });

	expect(await inspected(world)).toEqual(["app-1", "proxy"]);
	expect(await inspected(world)).toEqual(["proxy"]);
});

test("an event that comes while its container is inspected is not forgotten by that inspect", async () => {
	await using world = await fleet();
	world.pass(2_000);
	const reading = world.readOne("app-1");
	world.note("app-1", { action: "rename" });
	await reading;

	expect(await inspected(world)).toEqual(["app-1", "proxy"]);
});

test("who was told to stop is inspected by each full list, until it has ended", async () => {
	await using world = await fleet();
	world.pass(2_000);
	world.note("app-1", { signal: 15, at: world.docker.clock.now() });
	await world.readOne("app-1");

	expect(await inspected(world)).toEqual(["app-1", "proxy"]);
});

test("no inspect is believed for longer than ten minutes", async () => {
	await using world = await fleet();
	world.pass(590_000);
	expect(await inspected(world)).toEqual(["proxy"]);
	world.pass(10_000);

	expect(await inspected(world)).toHaveLength(101);
});

test("an engine whose list shows less than Docker's is inspected as a whole", async () => {
	await using world = await fleet();
	world.pass(2_000);
	const body = JSON.stringify([...world.docker.containers.keys()].map((Id) => ({ Id, Status: "running" })));
	world.docker.faults.answer = { path: "/containers/json", body };

	expect(await inspected(world)).toHaveLength(101);
});

test("promise 1: an event costs one inspect and no list, with a thousand containers as with one", async () => {
	await using world = await fleet();
	for (let n = 100; n < 1_000; n += 1) world.docker.add({ name: `app-${n}`, labels: backend, startedAt });
	await world.readAll();
	world.docker.requests.length = 0;
	const life = dockerLife(world.docker);
	life.becomes(fakeId("app-900"), "unhealthy");

	const { containers } = await world.readOne("app-900");

	expect(world.docker.requests).toEqual([`GET /containers/${fakeId("app-900")}/json`]);
	expect(containers).toHaveLength(1_000);
}, 120_000);
