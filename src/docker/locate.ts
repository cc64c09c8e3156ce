import { access } from "node:fs/promises";
import { join } from "node:path";
import { AppError, messageOf } from "../errors.ts";
import { currentContext, readContext } from "./context.ts";
import { type DockerHost, nameOf, parseDockerHost, type Tls } from "./host.ts";

/** What may say where the engine is. At most one of host and context is given. */
export type EngineSettings = {
	readonly dockerHost: string | undefined;
	readonly dockerContext: string | undefined;
	/** Docker's own directory, of `config.json` and the contexts; for TLS also the certificates, where no other is given. */
	readonly dockerConfig: string;
	readonly dockerTlsVerify: boolean;
	readonly dockerCertPath: string | undefined;
};

const usualSocket = "unix:///var/run/docker.sock";

/**
 * Where the engine is, found as the Docker CLI does (docker/cli `resolveContextName`): the host, else the context, else
 * the current context of `config.json`, else the usual socket. TLS of the environment is for a host, not for a context.
 */
export async function locateEngine(settings: EngineSettings): Promise<DockerHost> {
	const { dockerHost, dockerContext, dockerConfig } = settings;
	if (dockerHost !== undefined) return await hostOf(dockerHost, settings);
	const name = dockerContext ?? (await currentContext(dockerConfig)) ?? "default";
	if (name === "default") return parseDockerHost(usualSocket);
	const { file, host, skipVerify, tlsDirectory } = await readContext(dockerConfig, name);
	const files = await filesIn(tlsDirectory);
	const isPlain = !skipVerify && files.ca === undefined && files.pair === undefined;
	try {
		return parseDockerHost(host, isPlain ? undefined : { verify: !skipVerify, ...files });
	} catch (cause) {
		const message = `The Docker context ${name} leads to no engine that can be followed: ${messageOf(cause)}`;
		throw new AppError("docker-context", message, { hint: `correct the host in ${file}` });
	}
}

/** For messages, before anything was read. Throws `AppError` for a host that can't be understood. */
export function wantedEngine({ dockerHost, dockerContext, dockerTlsVerify }: EngineSettings): string {
	if (dockerHost !== undefined)
		return nameOf(parseDockerHost(dockerHost, dockerTlsVerify ? { verify: true } : undefined));
	return dockerContext === undefined ? "the current Docker context" : `the Docker context ${dockerContext}`;
}

async function hostOf(text: string, settings: EngineSettings): Promise<DockerHost> {
	if (!settings.dockerTlsVerify) return parseDockerHost(text);
	const directory = settings.dockerCertPath ?? settings.dockerConfig;
	// As with the CLI, the authority has to be there, and a certificate of our own need not.
	const { pair } = await filesIn(directory);
	const ca = join(directory, "ca.pem");
	return parseDockerHost(text, { verify: true, ca, ...(pair === undefined ? {} : { pair }) });
}

/** The certificates of a directory. A certificate without its key, or a key alone, is taken for the pair that it should be. */
async function filesIn(directory: string): Promise<Pick<Tls, "ca" | "pair">> {
	const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => join(directory, name)) as [
		string,
		string,
		string,
	];
	const [hasCa, hasCert, hasKey] = await Promise.all([ca, cert, key].map(isThere));
	return { ...(hasCa ? { ca } : {}), ...(hasCert || hasKey ? { pair: { cert, key } } : {}) };
}

/** One that can't be looked at is there, so that whoever reads it tells why it can't. */
async function isThere(file: string): Promise<boolean> {
	try {
		await access(file);
		return true;
	} catch (cause) {
		return !(cause instanceof Error && "code" in cause && cause.code === "ENOENT");
	}
}
