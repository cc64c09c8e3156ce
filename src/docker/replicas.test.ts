import { expect, test } from "vitest";
import { type CloneBody, type CloneOrder, cloneOf } from "../model/clone.ts";
import { contractFake } from "../testing/contract-fake.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker, type FakeDocker } from "../testing/fake-docker.ts";
import { replicaContract } from "../testing/replica-contract.ts";
import { createDockerClient } from "./client.ts";

const { signal } = new AbortController();

replicaContract(async () => contractFake(await createFakeDocker()));

const body: CloneBody = {
	Image: "sha256:1",
	Labels: {},
	HostConfig: { NetworkMode: "fake-net" },
	NetworkingConfig: { EndpointsConfig: {} },
};

const changes = {
	create: async (docker: FakeDocker, limitMs?: number, by = signal) =>
		await createDockerClient(docker.host, limitMs).create("app-scale-1", body, by),
	start: async (docker: FakeDocker, limitMs?: number, by = signal) =>
		await createDockerClient(docker.host, limitMs).start(fakeId("app"), by),
	stop: async (docker: FakeDocker, limitMs?: number, by = signal) =>
		await createDockerClient(docker.host, limitMs).stop(fakeId("app"), 0, by),
	remove: async (docker: FakeDocker, limitMs?: number, by = signal) =>
		await createDockerClient(docker.host, limitMs).remove(fakeId("app"), by),
} as const;
const verbs = Object.entries(changes);

test.each(verbs.flatMap(([verb, change]) => [401, 403, 405].map((status) => ({ verb, change, status }))))(
	"a guard that answers $status to a $verb is told of, and no error",
	async ({ change, status }) => {
		await using docker = await createFakeDocker();
		docker.faults.answer = { path: "/containers", status, body: '{"message":"POST is not allowed"}' };

		expect(await change(docker)).toEqual({
			kind: "denied",
			message: expect.stringMatching(new RegExp(`refused with status ${status}.*POST is not allowed`)),
		});
	},
);

test.each(verbs)("any other fault of a %s is an error with the engine's own words", async (_, change) => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers", status: 500, body: '{"message":"disk is full"}' };

	await expect(change(docker)).rejects.toMatchObject({
		code: "docker-failed",
		cause: { message: expect.stringContaining("disk is full") },
	});
});

test.each(verbs)(
	"promise 12: a %s that is never answered is given up after its time limit",
	async (_, change) => {
		await using docker = await createFakeDocker();
		docker.faults.answer = { path: "/containers", never: true };

		await expect(change(docker, 10)).rejects.toMatchObject({ code: "docker-unreachable" });
		await expect.poll(() => docker.connections()).toBe(0);
	},
);

test.each(verbs)("promise 12: an abort ends a %s at once and closes its connection", async (_, change) => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers", never: true };
	const stopping = new AbortController();
	const call = change(docker, undefined, stopping.signal);
	await expect.poll(() => docker.connections()).toBe(1);

	stopping.abort(new Error("stopping"));

	await expect(call).rejects.toThrow("stopping");
	await expect.poll(() => docker.connections()).toBe(0);
});

test("a stop may take the container's own time beside what the engine needs", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/stop", never: true };
	const began = performance.now();

	const stop = createDockerClient(docker.host, 10).stop(fakeId("app"), 1, signal);

	await expect(stop).rejects.toThrow("did not answer within 1.06 s");
	expect(performance.now() - began).toBeGreaterThan(1_000);
});

test("a removal that goes on already is as good as done", async () => {
	await using docker = await createFakeDocker();
	const message = `removal of container ${fakeId("app")} is already in progress`;
	docker.faults.answer = { path: "/containers", status: 409, body: JSON.stringify({ message }) };

	expect(await changes.remove(docker)).toEqual({ kind: "done" });
});

test("a container whose network is gone is not started, and that is an error", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/start", status: 404, body: '{"message":"network 5f not found"}' };

	await expect(changes.start(docker)).rejects.toMatchObject({ code: "docker-failed" });
});

test.each([
	["an id that is none", '{"Id":"f00"}'],
	["text", "hello"],
	["null", "null"],
	["nothing", ""],
])("promise 2: %s as the answer to a create is refused", async (_, answer) => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers/create", status: 201, body: answer };

	await expect(changes.create(docker)).rejects.toMatchObject({ code: "docker-nonsense" });
});

test("what is asked for is the body as it is, and the URL holds the name alone", async () => {
	await using docker = await createFakeDocker();
	docker.add({ name: "app", labels: { role: "backend" }, inspect: { Image: "sha256:1" } });
	const client = createDockerClient(docker.host);
	const template = await client.template(fakeId("app"), signal);
	const order: CloneOrder = {
		...{ ordinal: 7, owner: "me", prefix: "ballast." },
		...{ compose: "join", volumes: "refuse", ports: "refuse" },
	};
	const cloning = template && cloneOf(template, order);
	if (cloning?.kind !== "clone") throw new Error("no clone");

	await client.create(cloning.name, cloning.body, signal);

	expect(docker.requests.at(-1)).toBe("POST /containers/create?name=app-scale-7");
	const made = [...docker.containers.values()].at(-1);
	expect(made?.inspect).toMatchObject({ HostConfig: cloning.body.HostConfig });
	expect(made?.labels).toEqual(cloning.body.Labels);
});

test("a name with odd characters asks for that container and for nothing else", async () => {
	await using docker = await createFakeDocker();

	await createDockerClient(docker.host).remove("../images/app?force=1", signal);

	expect(docker.requests).toEqual(["DELETE /containers/..%2Fimages%2Fapp%3Fforce%3D1?v=true"]);
});
