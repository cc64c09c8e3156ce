import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { fakeId } from "../testing/fake-container.ts";
import { createFakeDocker } from "../testing/fake-docker.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createDockerClient } from "./client.ts";
import { type EngineSettings, locateEngine } from "./locate.ts";

const { signal } = new AbortController();

test("without anything said, the engine is at the usual socket", async () => {
	await using docker = await dockerDirectory({});

	expect(await docker.locate({})).toEqual({ kind: "unix", path: "/var/run/docker.sock" });
	expect(await docker.locate({ dockerConfig: "/nowhere" })).toMatchObject({ kind: "unix" });
});

test.each([
	["the current context of config.json", {}, "ssh"],
	["a context that is named, rather than the current one", { dockerContext: "other" }, "tcp"],
	["the usual socket, as the context default", { dockerContext: "default" }, "unix"],
	["a host, rather than any context", { dockerHost: "tcp://a:1" }, "tcp"],
] as const)("what leads to the engine: %s", async (_, wanted, kind) => {
	await using docker = await dockerDirectory({
		"config.json": '{"currentContext":"prod","auths":{}}',
		...metaOf("prod", { Host: "ssh://me@prod" }),
		...metaOf("other", { Host: "tcp://other" }),
	});

	expect(await docker.locate(wanted)).toMatchObject({ kind });
});

test("a context's certificates are TLS, each of them as it is there, and the environment's are not its own", async () => {
	const tls = (name: string) => join("contexts/tls", idOf("prod"), "docker", name);
	const meta = metaOf("prod", { Host: "tcp://prod" });
	const wanted = { dockerContext: "prod", dockerTlsVerify: true };
	await using plain = await dockerDirectory({ ...meta, "ca.pem": "" });
	await using checked = await dockerDirectory({ ...meta, [tls("ca.pem")]: "" });
	await using both = await dockerDirectory({
		...meta,
		[tls("ca.pem")]: "",
		[tls("cert.pem")]: "",
		[tls("key.pem")]: "",
	});
	await using skips = await dockerDirectory(metaOf("prod", { Host: "tcp://prod", SkipTLSVerify: true }));
	const ca = join(checked.path, tls("ca.pem"));
	const pair = { cert: join(both.path, tls("cert.pem")), key: join(both.path, tls("key.pem")) };

	expect(await plain.locate(wanted)).toEqual({ kind: "tcp", hostname: "prod", port: 2375 });
	expect(await checked.locate(wanted)).toMatchObject({ port: 2376, tls: { verify: true, ca } });
	expect(await both.locate(wanted)).toMatchObject({ tls: { verify: true, pair } });
	expect(await skips.locate(wanted)).toMatchObject({ port: 2376, tls: { verify: false } });
});

test("a host's certificates lie where that is said, or beside config.json", async () => {
	await using docker = await dockerDirectory({ "key.pem": "" });
	const wanted = { dockerHost: "tcp://a", dockerTlsVerify: true };
	const beside = (name: string) => join(docker.path, name);

	expect(await docker.locate(wanted)).toMatchObject({
		port: 2376,
		tls: { verify: true, ca: beside("ca.pem"), pair: { cert: beside("cert.pem"), key: beside("key.pem") } },
	});
	expect(await docker.locate({ ...wanted, dockerCertPath: "/certs" })).toMatchObject({
		tls: { verify: true, ca: "/certs/ca.pem" },
	});
});

test.each([
	["is unknown", {}, "There is no Docker context prod in ", "docker context ls"],
	[
		"is no JSON",
		{ [metaFile("prod")]: "{" },
		"is not a context with a Docker endpoint: ",
		"docker context inspect",
	],
	[
		"has no Docker endpoint",
		{ [metaFile("prod")]: '{"Name":"prod","Endpoints":{}}' },
		metaFile("prod"),
		"mend it",
	],
	["leads nowhere", metaOf("prod", { Host: "npipe:////./pipe/docker" }), 'got "npipe://', metaFile("prod")],
	["is a directory", { [join(metaFile("prod"), "x")]: "" }, "can't be read by user", "let that user read it"],
])("a context that %s is told so, with its file and what to do", async (_, files, message, hint) => {
	await using docker = await dockerDirectory(files);

	await expect(docker.locate({ dockerContext: "prod" })).rejects.toMatchObject({
		code: "docker-context",
		message: expect.stringContaining(message),
		hint: expect.stringContaining(hint),
	});
});

test("a config.json that can't be understood is no reason to follow another engine", async () => {
	await using docker = await dockerDirectory({ "config.json": '{"currentContext":7}' });

	await expect(docker.locate({})).rejects.toMatchObject({
		code: "docker-context",
		message: expect.stringContaining(join(docker.path, "config.json")),
	});
});

test("a context that is mended while we run is found by the next call", async () => {
	await using engine = await createFakeDocker();
	engine.add({ name: "app", labels: { role: "backend" } });
	await using docker = await dockerDirectory({});
	using client = createDockerClient({ ...nothing, dockerConfig: docker.path, dockerContext: "prod" });
	await expect(client.list("role", signal)).rejects.toMatchObject({ code: "docker-context" });
	expect(client.engine).toBe("the Docker context prod");

	await docker.write(metaOf("prod", { Host: engine.host }));

	expect(await client.list("role", signal)).toMatchObject([{ id: fakeId("app") }]);
	expect(client.engine).toBe(engine.host);
});

const nothing: EngineSettings = {
	dockerHost: undefined,
	dockerContext: undefined,
	dockerConfig: "/nowhere",
	dockerTlsVerify: false,
	dockerCertPath: undefined,
};

function idOf(context: string): string {
	return createHash("sha256").update(context).digest("hex");
}

function metaFile(context: string): string {
	return join("contexts/meta", idOf(context), "meta.json");
}

/** As `docker context create` writes it. */
function metaOf(name: string, endpoint: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
	const docker = { SkipTLSVerify: false, ...endpoint };
	return { [metaFile(name)]: JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }) };
}

/** A directory such as `~/.docker`. */
async function dockerDirectory(files: Readonly<Record<string, string>>) {
	const directory = await temporaryDirectory();
	const { path } = directory;
	const write = async (more: Readonly<Record<string, string>>) => {
		for (const [name, text] of Object.entries(more)) {
			await mkdir(dirname(join(path, name)), { recursive: true });
			await writeFile(join(path, name), text);
		}
	};
	await write(files);
	return {
		path,
		write,
		locate: async (wanted: Partial<EngineSettings>) => {
			return await locateEngine({ ...nothing, dockerConfig: path, ...wanted });
		},
		[Symbol.asyncDispose]: directory[Symbol.asyncDispose],
	};
}
