import { AppError, withoutPassword } from "../errors.ts";

/** Where an engine listens. */
export type DockerHost =
	| { readonly kind: "unix"; readonly path: string }
	| { readonly kind: "tcp"; readonly hostname: string; readonly port: number; readonly tls?: Tls }
	| SshHost;

/** Files in PEM: whom we believe, and who we are. Without `ca`, Node's own authorities are believed. */
export type Tls = {
	/** False believes any certificate: a Docker context can say so, and nothing else. */
	readonly verify: boolean;
	readonly ca?: string;
	readonly pair?: { readonly cert: string; readonly key: string };
};

export type SshHost = {
	readonly kind: "ssh";
	readonly user?: string;
	/** A name or address, or a `Host` of ssh's own configuration. */
	readonly hostname: string;
	readonly port?: number;
	/** The engine's socket on that machine, where it is not the usual one. */
	readonly path?: string;
};

/**
 * Reads `unix:///path`, `tcp://host:port` or `ssh://user@host:port/path`, as in DOCKER_HOST. Throws `AppError`
 * `docker-host` for any other text. Docker's own ports are 2375, and 2376 with TLS.
 */
export function parseDockerHost(text: string, tls?: Tls): DockerHost {
	if (text.startsWith("unix:///")) return { kind: "unix", path: text.slice("unix://".length) };
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const host = url === undefined ? undefined : (tcpHost(url, tls) ?? sshHost(url));
	if (host === undefined) throw unsupported(text);
	return host;
}

export function nameOf(host: DockerHost): string {
	if (host.kind === "unix") return `unix://${host.path}`;
	if (host.kind === "tcp") return `tcp://${host.hostname}:${host.port}`;
	const { user, hostname, port, path } = host;
	const who = user === undefined ? "" : `${user}@`;
	return `ssh://${who}${hostname}${port === undefined ? "" : `:${port}`}${path ?? ""}`;
}

function tcpHost(url: URL, tls: Tls | undefined): DockerHost | undefined {
	const hostname = hostnameOf(url);
	if (url.protocol !== "tcp:" || hostname === "" || !isBare(url)) return undefined;
	const port = Number(url.port || (tls === undefined ? 2375 : 2376));
	return { kind: "tcp", hostname, port, ...(tls === undefined ? {} : { tls }) };
}

/** What a path, a query or a user in the address would ask for is nothing we do: better refused than ignored. */
function isBare({ pathname, search, hash, username }: URL): boolean {
	return ["", "/"].includes(pathname) && search === "" && hash === "" && username === "";
}

/** The path goes through a shell on the other side, so it holds nothing that a shell would read. */
function sshHost(url: URL): SshHost | undefined {
	const { protocol, username, password, port, pathname, search, hash } = url;
	const hostname = hostnameOf(url);
	const path = ["", "/"].includes(pathname) ? undefined : pathname;
	if (protocol !== "ssh:" || password !== "" || search !== "" || hash !== "") return undefined;
	if (!/^[\w.][\w.:-]*$/.test(hostname) || !/^([\w.][\w.+-]*)?$/.test(username)) return undefined;
	if (!/^(\/[\w.-]+)*$/.test(path ?? "")) return undefined;
	return {
		kind: "ssh",
		hostname,
		...(username === "" ? {} : { user: username }),
		...(port === "" ? {} : { port: Number(port) }),
		...(path === undefined ? {} : { path }),
	};
}

function hostnameOf({ hostname }: URL): string {
	return hostname.replace(/^\[|\]$/g, "");
}

function unsupported(text: string): AppError {
	return new AppError(
		"docker-host",
		`Expected the Docker host to be unix:///path, tcp://host:port or ssh://user@host, got "${withoutPassword(text)}"`,
		{ hint: "set BALLAST_DOCKER_HOST or DOCKER_HOST, such as unix:///var/run/docker.sock" },
	);
}
