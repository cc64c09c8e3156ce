import { expect, test } from "vitest";
import { contractFake } from "../testing/contract-fake.ts";
import { createFakeDocker, type FakeDocker } from "../testing/fake-docker.ts";
import { usageContract } from "../testing/usage-contract.ts";
import { createDockerClient } from "./client.ts";

const { signal } = new AbortController();

usageContract(async () => contractFake(await createFakeDocker()));

const ask = async (docker: FakeDocker, limitMs?: number, by = signal) =>
	await createDockerClient(docker.host, limitMs).usage(
		[...docker.containers.values()].map(({ id }) => id),
		by,
	);

async function engineWith(...names: readonly string[]): Promise<FakeDocker> {
	const docker = await createFakeDocker();
	for (const name of names) docker.add({ name, usedMs: 1_500 });
	return docker;
}

test("each is asked for once, at once, and the answer is in milliseconds", async () => {
	await using docker = await engineWith("one", "two", "three");
	docker.clock.now = () => 5_000;

	const answer = await ask(docker);

	const ids = [...docker.containers.keys()];
	const usage = { at: 5_000, usedMs: 1_500, machine: 2 };
	expect(answer).toEqual({ kind: "told", usages: new Map(ids.map((id) => [id, usage])) });
	expect(docker.requests.toSorted()).toEqual(
		ids.map((id) => `GET /containers/${id}/stats?stream=false&one-shot=true`).toSorted(),
	);
});

test("no more than two are asked for at a time", async () => {
	await using docker = await engineWith("one", "two", "three", "four");
	docker.faults.answer = { path: "/stats", never: true };
	const stopping = new AbortController();

	const answer = ask(docker, undefined, stopping.signal);
	await expect.poll(() => docker.requests.length).toBe(2);
	stopping.abort(new Error("stopping"));

	await expect(answer).rejects.toThrow("stopping");
	expect(docker.requests).toHaveLength(2);
});

test.each([403, 404, 405])("a guard that answers %d is told of, and no error", async (status) => {
	await using docker = await engineWith("one");
	docker.faults.answer = { path: "/stats", status, body: '{"message":"not here"}' };

	expect(await ask(docker)).toEqual({
		kind: "denied",
		message: expect.stringMatching(new RegExp(`refused with status ${status}.*not here`)),
	});
});

test("one that is gone is left out, and the others are told of", async () => {
	await using docker = await engineWith("one", "two");
	const [gone, left = ""] = [...docker.containers.keys()];
	docker.faults.answer = {
		path: `${gone}/stats`,
		status: 404,
		body: JSON.stringify({ message: `No such container: ${gone}` }),
	};

	expect(await ask(docker)).toMatchObject({ usages: new Map([[left, { machine: 2 }]]) });
});

test("where nothing is counted, as without cgroups, zero is no measure", async () => {
	await using docker = await createFakeDocker();
	docker.add({ name: "one", usedMs: 0 });

	expect(await ask(docker)).toEqual({ kind: "told", usages: new Map() });
});

test("one that is gone is so in podman's words, too", async () => {
	await using docker = await engineWith("one");
	const message = "no container with name or ID one found: no such container";
	docker.faults.answer = { path: "/stats", status: 404, body: JSON.stringify({ message }) };

	expect(await ask(docker)).toEqual({ kind: "told", usages: new Map() });
});

test.each([
	["an error of the engine", { status: 500, body: '{"message":"disk is full"}' }, "docker-failed"],
	["an answer that is none", { body: '{"read":"2026-01-01T00:00:00Z"}' }, "docker-nonsense"],
	["a time that is none", { body: '{"read":"now","cpu_stats":{}}' }, "docker-nonsense"],
])("%s ends the question with an error", async (_, fault, code) => {
	await using docker = await engineWith("one");
	docker.faults.answer = { path: "/stats", ...fault };

	await expect(ask(docker)).rejects.toMatchObject({ code });
});

test("promise 12: a question that is never answered is given up after its time limit", async () => {
	await using docker = await engineWith("one", "two", "three");
	docker.faults.answer = { path: "/stats", never: true };

	await expect(ask(docker, 10)).rejects.toMatchObject({ code: "docker-unreachable" });
	await expect.poll(() => docker.connections()).toBe(0);
});
