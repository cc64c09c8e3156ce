import { type Stats, statSync } from "node:fs";
import { AppError, messageOf } from "../errors.ts";
import { type DockerHost, nameOf } from "./host.ts";
import { tlsTrouble } from "./tls-failure.ts";

/** An engine that takes connections and does not answer them: hung, or frozen. */
export function tooSlow(host: DockerHost, limitMs: number): AppError {
	return new AppError(
		"docker-unreachable",
		`Docker at ${nameOf(host)} did not answer within ${limitMs / 1000} s`,
		{
			hint: "does docker info answer on the host? If not, the engine hangs, and its log tells why",
		},
	);
}

/**
 * Whether the engine, or what stands before it, is there: it answered what it should not have, or took the question and
 * gave no answer in time.
 */
export function isThere(failure: AppError): boolean {
	return isSlow(failure) || failure.code === "docker-failed" || failure.code === "docker-nonsense";
}

/** It took the question, and gave no answer in time. */
export function isSlow({ code, cause }: AppError): boolean {
	return code === "docker-unreachable" && cause === undefined;
}

/** Says for a person why a call to the engine has failed. */
export function unreachable(host: DockerHost, cause: unknown): AppError {
	if (cause instanceof AppError) return cause;
	const status = statusOf(cause);
	if (status !== undefined) return refused(host, status, cause);
	const trouble = troubleOf(host, cause);
	const message = trouble?.message ?? `Docker at ${nameOf(host)} can't be reached`;
	return new AppError(trouble?.code ?? "docker-unreachable", message, {
		cause,
		hint: trouble?.hint ?? "is the engine running? It is asked again until it answers",
	});
}

/** The HTTP status that dockerode's errors carry when the engine answered at all. */
export function statusOf(cause: unknown): number | undefined {
	const status = cause instanceof Error && "statusCode" in cause ? cause.statusCode : undefined;
	return typeof status === "number" ? status : undefined;
}

function refused(host: DockerHost, status: number, cause: unknown): AppError {
	if (status === 400 && messageOf(cause).includes("HTTP request to an HTTPS server"))
		return new AppError("docker-tls", `Docker at ${nameOf(host)} wants TLS`, {
			cause,
			hint: "set BALLAST_DOCKER_TLS_VERIFY=on and BALLAST_DOCKER_CERT_PATH, and mount the certificates there",
		});
	const guarded = "what stands before the engine has to allow GET on /containers and /events";
	const message = `Docker at ${nameOf(host)} refused with status ${status}`;
	return new AppError("docker-failed", message, status === 403 ? { cause, hint: guarded } : { cause });
}

type Trouble = { readonly code?: string; readonly message: string; readonly hint: string };

function troubleOf(host: DockerHost, cause: unknown): Trouble | undefined {
	if (host.kind === "unix") return socketTrouble(host.path, codeOf(cause));
	return host.kind === "tcp" && host.tls !== undefined ? tlsTrouble(host, cause) : undefined;
}

function socketTrouble(path: string, code: string | undefined): Trouble | undefined {
	const found = statOf(path);
	if (code === "ENOENT")
		return {
			message: `There is no Docker socket at ${path}`,
			hint: `is the engine running? A container needs its socket mounted: -v ${path}:${path}`,
		};
	if (code === "EACCES" || code === "EPERM") return forbidden(path, found);
	return code === "ECONNREFUSED" && found !== undefined ? deaf(path, found) : undefined;
}

function forbidden(path: string, found: Stats | undefined): Trouble {
	const own = `Ballast runs as user ${process.getuid?.()}, groups ${process.getgroups?.().join(", ")}`;
	if (found === undefined)
		return {
			message: `The way to the Docker socket ${path} is closed: ${own}`,
			hint: "let that user search each directory on the way, or mount the socket elsewhere",
		};
	const mode = (found.mode & 0o777).toString(8);
	return {
		message: `The Docker socket ${path} belongs to user ${found.uid}, group ${found.gid} (mode ${mode}); ${own}`,
		hint: `give Ballast that group: docker run --group-add ${found.gid}, or group_add in Compose`,
	};
}

/** Nobody accepts. Linux says the same of a socket without a listener and of what is no socket at all. */
function deaf(path: string, found: Stats): Trouble {
	if (found.isDirectory())
		return {
			message: `${path} is a directory, not a socket`,
			hint: "Docker makes one when the socket to be mounted is missing: remove it on the host, then start the proxy anew",
		};
	// The mount still holds the file that the engine has since deleted and made anew.
	if (found.nlink === 0)
		return {
			code: "docker-socket-replaced",
			message: `The Docker socket ${path} was replaced, and the mount still shows the old one`,
			hint: "restart the proxy: docker restart <proxy>",
		};
	return {
		message: `Nobody answers at the Docker socket ${path}`,
		hint: "the engine is stopped or starting: it is asked again until it answers",
	};
}

function statOf(path: string): Stats | undefined {
	try {
		return statSync(path);
	} catch {
		return undefined;
	}
}

function codeOf(cause: unknown): string | undefined {
	return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
