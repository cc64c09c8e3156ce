import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { AppError } from "../errors.ts";

/** What a Docker context says of its engine. */
export type DockerContext = {
	/** Where that is written. */
	readonly file: string;
	readonly host: string;
	readonly skipVerify: boolean;
	/** May hold `ca.pem`, `cert.pem` and `key.pem`, or not exist. */
	readonly tlsDirectory: string;
};

const configFile = v.object({ currentContext: v.optional(v.string()) });

const metaFile = v.object({
	Name: v.string(),
	Endpoints: v.object({
		docker: v.object({ Host: v.string(), SkipTLSVerify: v.optional(v.boolean(), false) }),
	}),
});

/** The context that `docker context use` has chosen, if any. Throws `AppError` when `config.json` can't be read. */
export async function currentContext(configDirectory: string): Promise<string | undefined> {
	const file = join(configDirectory, "config.json");
	const config = await readJson(file, configFile, "a configuration of Docker's command line");
	return config?.currentContext || undefined;
}

/** The store's layout is the CLI's (docker/cli `cli/context/store`): a context's directory is the SHA-256 of its name. */
export async function readContext(configDirectory: string, name: string): Promise<DockerContext> {
	const id = createHash("sha256").update(name).digest("hex");
	const file = join(configDirectory, "contexts/meta", id, "meta.json");
	const meta = await readJson(file, metaFile, "a context with a Docker endpoint");
	if (meta === undefined) throw unknownContext(name, configDirectory, file);
	const { Host: host, SkipTLSVerify: skipVerify } = meta.Endpoints.docker;
	return { file, host, skipVerify, tlsDirectory: join(configDirectory, "contexts/tls", id, "docker") };
}

/** Undefined when there is no such file. */
async function readJson<const Schema extends v.GenericSchema>(
	file: string,
	schema: Schema,
	what: string,
): Promise<v.InferOutput<Schema> | undefined> {
	const text = await readIfThere(file);
	if (text === undefined) return undefined;
	const result = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text, { abortEarly: true });
	if (result.success) return result.output;
	const [{ message }] = result.issues;
	throw new AppError("docker-context", `${file} is not ${what}: ${message}`, {
		hint: "docker context inspect reads it, too; mend it, make the context anew, or name a host with BALLAST_DOCKER_HOST",
	});
}

async function readIfThere(file: string): Promise<string | undefined> {
	try {
		return await readFile(file, "utf8");
	} catch (cause) {
		const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
		if (code === "ENOENT" || code === "ENOTDIR") return undefined;
		const who = `user ${process.getuid?.()}`;
		throw new AppError("docker-context", `${file} can't be read by ${who}`, {
			cause,
			hint: "let that user read it and search each directory on the way",
		});
	}
}

function unknownContext(name: string, directory: string, file: string): AppError {
	return new AppError("docker-context", `There is no Docker context ${name} in ${directory} (${file})`, {
		hint:
			"docker context ls lists them; mount the directory that has it, such as -v ~/.docker:/home/ballast/.docker:ro, " +
			"or name another with BALLAST_DOCKER_CONFIG",
	});
}
