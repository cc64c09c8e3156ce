import { rm, writeFile } from "node:fs/promises";
import { connect, createServer as createRelay, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import { describe, expect, test } from "vitest";
import { createAuthority } from "../testing/certificates.ts";
import { contractFake } from "../testing/contract-fake.ts";
import { dockerContract } from "../testing/docker-contract.ts";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createDockerClient } from "./client.ts";

const { signal } = new AbortController();
const authority = createAuthority();
const stranger = createAuthority("a stranger");
const past = { notBefore: new Date(0), notAfter: new Date(1_000_000) };

describe("by TLS, an engine", () => {
	dockerContract(async () => {
		const { docker, settings, [Symbol.asyncDispose]: end } = await engineByTls();
		return { ...contractFake(docker), host: settings, [Symbol.asyncDispose]: end };
	});
});

test.each([
	["of a stranger", stranger.issue({ names: ["127.0.0.1"] }), "did not sign", "mount the ca.pem"],
	["that has expired", authority.issue({ names: ["127.0.0.1"], ...past }), "has expired", "renew it"],
	[
		"that is not valid yet",
		authority.issue({ names: ["127.0.0.1"], notBefore: new Date(Date.now() + 1_000_000) }),
		"is not valid yet",
		"clocks",
	],
	[
		"for another name",
		authority.issue({ names: ["engine"] }),
		"is not for the name 127.0.0.1",
		"BALLAST_DOCKER_HOST",
	],
])("an engine with a certificate %s is not believed", async (_, pair, message, hint) => {
	await using engine = await engineByTls(pair);

	await expect(listOf(engine)).rejects.toMatchObject({
		code: "docker-tls",
		message: expect.stringContaining(message),
		hint: expect.stringContaining(hint),
	});
	expect(engine.docker.requests).toEqual([]);
});

test("an engine that refuses our certificate, in words or without, is told as that", async () => {
	await using engine = await engineByTls();
	const unknownAuthority = Buffer.from("15030300020230", "hex");
	const refuse = (socket: Socket) => socket.once("data", () => socket.end(unknownAuthority));
	await using other = await listening(createRelay(refuse));
	await expect(listOf({ settings: at(engine, other.port) })).rejects.toMatchObject({
		code: "docker-tls",
		message: expect.stringContaining("refuses our certificate"),
	});

	const own = stranger.issue({ names: ["ballast"] });
	await engine.write({ "cert.pem": own.cert, "key.pem": own.key });
	await expect(listOf(engine)).rejects.toMatchObject({
		code: "docker-unreachable",
		hint: expect.stringContaining("are cert.pem and key.pem signed by its authority?"),
	});
});

test("files that are renewed are taken for the next connection", async () => {
	await using engine = await engineByTls();
	engine.docker.add({ name: "app", labels: { role: "backend" } });
	await engine.write({ "key.pem": "no key" });
	using client = createDockerClient(engine.settings);
	await expect(client.list("role", signal)).rejects.toMatchObject({
		code: "docker-tls",
		message: expect.stringContaining("OpenSSL can't use what is in"),
	});

	const { cert, key } = authority.issue({ names: ["ballast"] });
	await engine.write({ "cert.pem": cert, "key.pem": key });

	expect(await client.list("role", signal)).toMatchObject([{ id: fakeId("app") }]);
});

test.each(["ca.pem", "key.pem"])("a missing %s is named, with what to do", async (name) => {
	await using engine = await engineByTls();
	await rm(join(engine.path, name));

	await expect(listOf(engine)).rejects.toMatchObject({
		code: "docker-tls",
		message: expect.stringContaining(`${join(engine.path, name)} can't be read by user`),
		hint: expect.stringContaining("BALLAST_DOCKER_CERT_PATH"),
	});
});

test("an engine without TLS, asked with it, and one with it, asked without, are told as that", async () => {
	await using engine = await engineByTls();
	await using plain = await createFakeDocker();
	plain.faults.answer = {
		path: "/containers",
		status: 400,
		body: "Client sent an HTTP request to an HTTPS server.\n",
	};
	await expect(createDockerClient(plain.host).list("role", signal)).rejects.toMatchObject({
		code: "docker-tls",
		message: expect.stringContaining("wants TLS"),
		hint: expect.stringContaining("BALLAST_DOCKER_TLS_VERIFY=on"),
	});
	await using relay = await listening(createRelay(relayTo(plain.host)));
	await expect(listOf({ settings: at(engine, relay.port) })).rejects.toMatchObject({
		code: "docker-tls",
		message: expect.stringContaining("does not speak TLS"),
	});
});

test("an engine that does not check who asks is reached without a certificate of our own", async () => {
	await using engine = await engineByTls({ requestCert: false });
	await Promise.all(["cert.pem", "key.pem"].map(async (name) => rm(join(engine.path, name))));

	expect(await listOf(engine)).toEqual([]);
});

test("promise 12: a client that is disposed of closes its connections", async () => {
	await using engine = await engineByTls();
	const client = createDockerClient(engine.settings);
	const lines = await client.events({ type: ["container"], event: ["start"] }, signal);
	const next = lines[Symbol.asyncIterator]().next();

	client[Symbol.dispose]();

	await expect(next).rejects.toMatchObject({ code: "docker-events-cut" });
	await expect.poll(engine.docker.connections).toBe(0);
});

type Engine = Awaited<ReturnType<typeof engineByTls>>;

function at({ settings }: Engine, port: number): Engine["settings"] {
	return { ...settings, dockerHost: `tcp://127.0.0.1:${port}` };
}

async function listOf({ settings }: Pick<Engine, "settings">): Promise<readonly string[]> {
	using client = createDockerClient(settings);
	return (await client.list("role", signal)).map(({ id }) => id);
}

/** An engine behind TLS that lets in whom the authority knows, and a directory of what a client needs. */
async function engineByTls(options: TlsOptions = {}) {
	const docker = await createFakeDocker();
	const directory = await temporaryDirectory();
	const write = async (files: Readonly<Record<string, string>>) => {
		const written = Object.entries(files).map(async ([name, text]) =>
			writeFile(join(directory.path, name), text),
		);
		await Promise.all(written);
	};
	const own = authority.issue({ names: ["ballast"] });
	await write({ "ca.pem": authority.pem, "cert.pem": own.cert, "key.pem": own.key });
	const asked = { ca: authority.pem, requestCert: true, rejectUnauthorized: true } as const;
	const pair = authority.issue({ names: ["127.0.0.1"] });
	const server = await listening(createServer({ ...asked, ...pair, ...options }, relayTo(docker.host)));
	return {
		docker,
		write,
		path: directory.path,
		settings: {
			dockerHost: `tcp://127.0.0.1:${server.port}`,
			dockerContext: undefined,
			dockerConfig: directory.path,
			dockerTlsVerify: true,
			dockerCertPath: undefined,
		},
		[Symbol.asyncDispose]: async () => {
			await docker[Symbol.asyncDispose]();
			await server[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
}

function relayTo(host: string): (socket: Socket) => void {
	return (socket) => {
		const engine = connect(host.replace("unix://", ""));
		socket.pipe(engine).pipe(socket);
		socket.on("error", () => engine.destroy()).on("close", () => engine.destroy());
		engine.on("error", () => socket.destroy());
	};
}

async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
	server.on("tlsClientError", () => undefined);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	return {
		port: typeof address === "object" && address !== null ? address.port : Number.NaN,
		[Symbol.asyncDispose]: async () => new Promise((resolve) => server.close(() => resolve())),
	};
}
