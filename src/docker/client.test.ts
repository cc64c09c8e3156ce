import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { contractFake } from "../testing/contract-fake.ts";
import { dockerContract } from "../testing/docker-contract.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createDockerClient } from "./client.ts";

const { signal } = new AbortController();

dockerContract(async () => contractFake(await createFakeDocker()));

test("promise 12: an engine that accepts and never answers is given up after the time limit", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers", never: true };

	await expect(createDockerClient(docker.host, 50).list("role=backend", signal)).rejects.toMatchObject({
		code: "docker-unreachable",
		message: expect.stringContaining("did not answer within 0.05 s"),
		hint: expect.stringContaining("docker info"),
	});
});

test("promise 12: an event stream that never begins is given up, too", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/events", never: true };
	const filters = { type: ["container"], event: ["start"] } as const;

	await expect(createDockerClient(docker.host, 50).events(filters, signal)).rejects.toMatchObject({
		code: "docker-unreachable",
	});
});

test("promise 12: an abort ends a call at once and closes its connection", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers", never: true };
	const stopping = new AbortController();
	const call = createDockerClient(docker.host).list("role=backend", stopping.signal);
	await expect.poll(() => docker.connections()).toBe(1);

	stopping.abort(new Error("stopping"));

	await expect(call).rejects.toThrow("stopping");
	await expect.poll(() => docker.connections()).toBe(0);
});

test("promise 12: an abort ends an open event stream and closes its connection", async () => {
	await using docker = await createFakeDocker();
	const stopping = new AbortController();
	const filters = { type: ["container"], event: ["start"] } as const;
	const lines = await createDockerClient(docker.host).events(filters, stopping.signal);
	const next = lines[Symbol.asyncIterator]().next();

	stopping.abort(new Error("stopping"));

	await expect(next).rejects.toThrow("stopping");
	await expect.poll(() => docker.connections()).toBe(0);
});

test("an answer that breaks off half-way is given up after the time limit", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers", body: '[{"Id":', breakOff: true };

	await expect(createDockerClient(docker.host, 200).list("role=backend", signal)).rejects.toMatchObject({
		code: "docker-unreachable",
	});
});

test.each([
	["text", "hello", "expected Array, got"],
	["an empty body", "", "expected Array, got"],
	["null", "null", "expected Array, got"],
	["an entry without an id", '[{"Id":null}]', "at 0.Id, expected string, got null"],
])("promise 2: a list that is %s is refused as a whole", async (_, body, message) => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers/json", body };

	await expect(createDockerClient(docker.host).list("role=backend", signal)).rejects.toMatchObject({
		code: "docker-nonsense",
		message: expect.stringContaining(message),
	});
});

test("a status other than 404 is an error with the engine's own words", async () => {
	await using docker = await createFakeDocker();
	docker.faults.answer = { path: "/containers", status: 500, body: '{"message":"disk is full"}' };

	const failure = createDockerClient(docker.host).inspect(fakeId("app"), signal);

	await expect(failure).rejects.toMatchObject({
		code: "docker-failed",
		cause: { message: expect.stringContaining("disk is full") },
	});
});

test("the beginning of several containers' ids names none of them", async () => {
	await using docker = await createFakeDocker();
	const body = '{"message":"multiple IDs found with provided prefix: 9"}';
	docker.faults.answer = { path: "/containers", status: 400, body };

	expect(await createDockerClient(docker.host).inspect("9", signal)).toBeUndefined();
});

test("a name with odd characters asks for that container and for nothing else", async () => {
	await using docker = await createFakeDocker();

	expect(await createDockerClient(docker.host).inspect("../../images/json?a", signal)).toBeUndefined();
	expect(docker.requests).toEqual(["GET /containers/..%2F..%2Fimages%2Fjson%3Fa/json"]);
});

test("a socket that is missing, deaf or a directory is said to be so", async () => {
	await using directory = await temporaryDirectory();
	const list = (path: string) => createDockerClient(`unix://${path}`).list("role=backend", signal);
	const deaf = join(directory.path, "deaf.sock");
	await writeFile(deaf, "");

	await expect(list(join(directory.path, "none.sock"))).rejects.toThrow("There is no Docker socket at");
	await expect(list(directory.path)).rejects.toThrow("is a directory, not a socket");
	await expect(list(deaf)).rejects.toThrow("Nobody answers at the Docker socket");
});

test("a port that nobody listens at is said to be unreachable, with the cause", async () => {
	const server = createServer().listen(0, "127.0.0.1");
	await new Promise((resolve) => server.on("listening", resolve));
	const address = server.address();
	const port = typeof address === "object" ? address?.port : undefined;
	await new Promise((resolve) => server.close(resolve));

	await expect(
		createDockerClient(`tcp://127.0.0.1:${port}`).list("role=backend", signal),
	).rejects.toMatchObject({ code: "docker-unreachable", cause: { code: "ECONNREFUSED" } });
});

test.each([
	["DOCKER_HOST", "tcp://127.0.0.1:1"],
	["DOCKER_CERT_PATH", "/nowhere"],
])("the environment's %s does not override the host that was given", async (name, value) => {
	await using docker = await createFakeDocker();
	docker.add({ name: "app", labels: { role: "backend" } });
	vi.stubEnv(name, value);

	expect(await createDockerClient(docker.host).list("role", signal)).toMatchObject([{ id: fakeId("app") }]);
	vi.unstubAllEnvs();
});
