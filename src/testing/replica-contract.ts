import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createDockerClient } from "../docker/client.ts";
import type { Replicas } from "../docker/replicas.ts";
import { type CloneOrder, cloneOf } from "../model/clone.ts";
import type { Template } from "../model/template.ts";
import type { ContractEngine } from "./docker-contract.ts";

const order: CloneOrder = {
	ordinal: 1,
	owner: "contract",
	prefix: "contract.",
	compose: "join",
	volumes: "refuse",
	ports: "refuse",
};

/** What Ballast relies on of an engine when it makes containers, and takes away those it made. */
export function replicaContract(open: () => Promise<ContractEngine>): void {
	const { signal } = new AbortController();
	const label = `contract-${randomUUID()}`;
	const nobody = "f".repeat(64);

	async function connected() {
		const engine = await open();
		const client = createDockerClient(engine.host);
		const original = await engine.start("original", `${label}=yes`);
		const template = await client.template(original, signal);
		if (template === undefined) throw new Error("the original has no template");
		return { ...engine, client, original, ...cloned(template) };
	}

	test("makes a clone that is not started yet, and makes no second one of its name", async () => {
		await using engine = await connected();
		const { client, name, body } = engine;

		const made = await client.create(name, body, signal);

		const id = idOf(made);
		expect(await client.inspect(id, signal)).toMatchObject({ id, name, state: "created", networks: [] });
		expect(await client.create(name, body, signal)).toEqual({ kind: "exists" });
	});

	test("a clone asks for what its original asks for, and has an address of its own", async () => {
		await using engine = await connected();
		const { client, name, body, generation, original } = engine;
		const id = idOf(await client.create(name, body, signal));
		await client.start(id, signal);

		const template = await client.template(id, signal);

		expect(template && cloned(template).generation).toBe(generation);
		const [one, other] = [await client.inspect(original, signal), await client.inspect(id, signal)];
		expect(other).toMatchObject({ state: "running", labels: { ...one?.labels, ...body.Labels } });
		expect(other?.networks.map(({ networkId }) => networkId)).toEqual(
			one?.networks.map(({ networkId }) => networkId),
		);
		expect(other?.networks[0]?.ipv4).not.toBe(one?.networks[0]?.ipv4);
	});

	test("starts, stops and removes, and is content where that is done already", async () => {
		await using engine = await connected();
		const { client, name, body } = engine;
		const id = idOf(await client.create(name, body, signal));
		const done = { kind: "done" };

		expect(await client.start(id, signal)).toEqual(done);
		expect(await client.start(id, signal)).toEqual(done);
		expect(await client.inspect(id, signal)).toMatchObject({ state: "running" });
		expect(await client.stop(id, 5, signal)).toEqual(done);
		expect(await client.stop(id, 5, signal)).toEqual(done);
		await expect.poll(() => client.inspect(id, signal)).toMatchObject({ state: "exited", networks: [] });
		expect(await client.remove(id, signal)).toEqual(done);
		expect(await client.remove(id, signal)).toEqual(done);
		expect(await client.inspect(id, signal)).toBeUndefined();
	});

	test("tells of those with a label that do not run, and of no others", async () => {
		await using engine = await connected();
		const { client, name, body } = engine;
		const own = `${label}=${name}`;
		const Labels = { ...body.Labels, [label]: name };
		const id = idOf(await client.create(name, { ...body, Labels }, signal));
		const before = await client.inspect(id, signal);

		const made = await client.leftovers(own, signal);
		expect(made).toMatchObject([{ id, name, state: "created", labels: before?.labels }]);
		expect(Math.abs(Date.parse(made[0]?.created ?? "") - Date.parse(before?.created ?? ""))).toBeLessThan(
			1_000,
		);
		await client.start(id, signal);
		expect(await client.leftovers(own, signal)).toEqual([]);
		await client.stop(id, 5, signal);
		await expect.poll(() => client.leftovers(own, signal)).toMatchObject([{ id, state: "exited" }]);
		expect(await client.leftovers(`${own}x`, signal)).toEqual([]);
	});

	test("a name is free again once its container is removed, and the next one has another id", async () => {
		await using engine = await connected();
		const { client, name, body } = engine;
		const first = idOf(await client.create(name, body, signal));
		await client.remove(first, signal);

		const second = await client.create(name, body, signal);

		expect(idOf(second)).not.toBe(first);
	});

	test("one that does not exist needs no start, no stop and no removal, and has no template", async () => {
		await using engine = await connected();
		const { client } = engine;
		const done = { kind: "done" };

		expect(await client.start(nobody, signal)).toEqual(done);
		expect(await client.stop(nobody, 1, signal)).toEqual(done);
		expect(await client.remove(nobody, signal)).toEqual(done);
		expect(await client.template(nobody, signal)).toBeUndefined();
	});

	test("does not remove a container that runs", async () => {
		await using engine = await connected();
		const { client, original } = engine;

		await expect(client.remove(original, signal)).rejects.toMatchObject({ code: "docker-failed" });

		expect(await client.inspect(original, signal)).toMatchObject({ state: "running" });
	});
}

function cloned(template: Template) {
	const cloning = cloneOf(template, order);
	if (cloning.kind === "refused") throw new Error(JSON.stringify(cloning.refusals));
	return cloning;
}

function idOf(made: Awaited<ReturnType<Replicas["create"]>>): string {
	if (made.kind !== "created") throw new Error(`it was not made: ${made.kind}`);
	return made.id;
}
