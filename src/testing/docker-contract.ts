import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createDockerClient, type DockerClient } from "../docker/client.ts";
import { type DockerEvent, followEvents } from "../docker/events.ts";
import { agrees } from "../docker/listing.ts";
import type { EngineSettings } from "../docker/locate.ts";
import { createLog } from "../log.ts";

/** An engine to try, real or fake, and how to make things happen on it. */
export type ContractEngine = AsyncDisposable & {
	/** Its host, or all that leads there. */
	readonly host: string | EngineSettings;
	/** Starts a container of this name, labelled so, that ends at SIGTERM, and soon has passed a health check if it has one; gives its full id. */
	readonly start: (name: string, label: string, checked?: boolean) => Promise<string>;
	readonly pause: (id: string) => Promise<void>;
	/** Sends a signal that it survives, by number. */
	readonly signal: (id: string, signal: number) => Promise<void>;
	/** Sends SIGTERM, as `docker stop` does, and waits for the end. It leaves its networks before or after it dies. */
	readonly stop: (id: string) => Promise<void>;
	/** Removes it while it runs. */
	readonly remove: (id: string) => Promise<void>;
	/** Runs something in it, as a health check does. */
	readonly exec: (id: string) => Promise<void>;
};

/** What Ballast relies on of an engine. The fake passes it so that the tests that use the fake mean something. */
export function dockerContract(open: () => Promise<ContractEngine>): void {
	const { signal } = new AbortController();
	const label = `contract-${randomUUID()}`;

	async function connected(): Promise<ContractEngine & { client: DockerClient }> {
		const engine = await open();
		return { ...engine, client: createDockerClient(engine.host) };
	}

	test("lists what runs or is paused by key=value and by bare key, and nothing else", async () => {
		await using engine = await connected();
		const { client } = engine;
		const running = await engine.start("running", `${label}=one`);
		const paused = await engine.start("paused", `${label}=two`);
		const stopped = await engine.start("stopped", `${label}=one`);
		await engine.pause(paused);
		await engine.stop(stopped);

		const idsOf = async (wanted: string) => (await client.list(wanted, signal)).map(({ id }) => id);
		// Docker writes down what its list shows after `docker stop` has returned, and before it tells of `die`.
		await expect.poll(() => idsOf(`${label}=one`)).toEqual([running]);
		expect(new Set(await idsOf(label))).toEqual(new Set([running, paused]));
		expect(await idsOf(`${label}=on`)).toEqual([]);
	});

	test("shows of each in its list what an inspect tells of its state, health, name and networks, and since when", async () => {
		await using engine = await connected();
		const { client } = engine;
		const [plain, healthy] = [
			await engine.start("plain", `${label}=yes`),
			await engine.start("healthy", `${label}=yes`, true),
		];
		await expect.poll(async () => (await client.inspect(healthy, signal))?.health).toBe("healthy");

		for (const { id, shows } of await client.list(label, signal)) {
			const container = await client.inspect(id, signal);
			if (container === undefined || shows === undefined) throw new Error(`${id} is not told of`);
			expect(agrees(shows, container), JSON.stringify({ shows, container })).toBe(true);
			expect(agrees({ ...shows, networks: [] }, container)).toBe(false);
			expect(shows.upFor).toBeLessThan(30_000);
		}
		await engine.pause(plain);
		expect((await client.list(label, signal)).find(({ id }) => id === plain)?.shows).toBeUndefined();
	});

	test("inspects by id and by its first 12 digits, and knows nothing of one that does not exist", async () => {
		await using engine = await connected();
		const { client } = engine;
		const id = await engine.start("app", `${label}=yes`);

		const container = await client.inspect(id, signal);

		expect(container).toMatchObject({
			id,
			state: "running",
			health: "none",
			exitCode: 0,
			outOfMemory: false,
		});
		expect(container).toMatchObject({
			stopSignal: "SIGTERM",
			stopTimeout: 10,
			labels: { [label]: "yes" },
		});
		expect(container?.networks[0]?.ipv4).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
		expect(await client.inspect(id.slice(0, 12), signal)).toEqual(container);
		expect(await client.inspect("f".repeat(64), signal)).toBeUndefined();
	});

	test("tells of a start, a signal and an end in their order, and is silent about exec", async () => {
		await using engine = await connected();
		const { client } = engine;
		await using follower = await follow(client);
		const id = await engine.start("app", `${label}=yes`);
		await engine.exec(id);
		const container = await client.inspect(id, signal);
		await engine.stop(id);
		const own = () => follower.events.filter((event) => event.containerId === id);
		await expect
			.poll(() => own().map(({ action }) => action))
			.toEqual(expect.arrayContaining(["die", "disconnect", "stop"]));

		const actions = own().map(({ action }) => action);
		expect(actions.filter((action) => action.startsWith("exec"))).toEqual([]);
		expect(actions.filter((action) => ["start", "kill", "die"].includes(action))).toEqual([
			"start",
			"kill",
			"die",
		]);
		const kill = own().find(({ action }) => action === "kill");
		expect(kill?.signal).toBe(15);
		expect(kill?.at).toBeGreaterThan(Date.parse(container?.startedAt ?? ""));
		expect(own().find(({ action }) => action === "die")?.exitCode).toBe(0);
	});

	test("tells a new stream what has happened since a time, in its order, and then what happens", async () => {
		await using engine = await connected();
		const { client } = engine;
		const id = await engine.start("app", `${label}=yes`);
		const startedAt = Date.parse((await client.inspect(id, signal))?.startedAt ?? "");
		await engine.signal(id, 28);
		await engine.stop(id);
		await expect.poll(async () => (await client.inspect(id, signal))?.state).toBe("exited");
		await using follower = await follow(client, startedAt);
		const own = () => follower.events.filter((event) => event.containerId === id);
		const wanted = ["kill", "die", "stop", "destroy"];
		const told = () => own().filter(({ action }) => wanted.includes(action));
		await expect.poll(() => told().map(({ action }) => action)).toContain("stop");

		const [first, second, ...last] = told();
		expect([first, second]).toMatchObject([
			{ action: "kill", signal: 28 },
			{ action: "kill", signal: 15 },
		]);
		// Docker may write down that it has stopped before it tells of the end.
		expect(last.map(({ action }) => action).toSorted()).toEqual(["die", "stop"]);
		await engine.remove(id);
		await expect.poll(() => own().at(-1)?.action).toBe("destroy");
	});

	test("tells of every signal which it is, of a removal last, and then knows the container no more", async () => {
		await using engine = await connected();
		const { client } = engine;
		await using follower = await follow(client);
		const id = await engine.start("app", `${label}=yes`);
		await engine.signal(id, 28);
		await engine.remove(id);
		const own = () => follower.events.filter((event) => event.containerId === id);
		await expect.poll(() => own().at(-1)?.action).toBe("destroy");

		const wanted = ["kill", "die", "destroy"];
		const told = own().filter(({ action }) => wanted.includes(action));
		expect(told.map(({ action, signal, exitCode }) => [action, signal ?? exitCode])).toEqual([
			["kill", 28],
			["kill", 9],
			["die", 137],
			["destroy", undefined],
		]);
		expect(await client.list(label, signal)).toEqual([]);
		expect(await client.inspect(id, signal)).toBeUndefined();
	});
}

/** Subscribed to the engine's events until disposed of. */
async function follow(
	client: DockerClient,
	heardUntil?: number,
): Promise<AsyncDisposable & { readonly events: DockerEvent[] }> {
	const events: DockerEvent[] = [];
	const ending = new AbortController();
	const subscribed = Promise.withResolvers<void>();
	const following = followEvents(
		{
			client,
			clock: systemClock,
			onEvent: (event) => events.push(event),
			onMissed: (event) => events.push(event),
			heardUntil,
			onConnected: subscribed.resolve,
			onState: () => undefined,
			log: createLog("silent"),
		},
		ending.signal,
	);
	await subscribed.promise;
	return {
		events,
		[Symbol.asyncDispose]: async () => {
			ending.abort(new Error("enough"));
			await expect(following).rejects.toThrow("enough");
		},
	};
}
