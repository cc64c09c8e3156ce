import { AppError } from "../errors.ts";

/** Where an engine listens. */
export type DockerHost =
	| { readonly kind: "unix"; readonly path: string }
	| { readonly kind: "tcp"; readonly hostname: string; readonly port: number };

/** Reads `unix:///path` or `tcp://host:port`, as in DOCKER_HOST. Throws `AppError` `docker-host` for any other text. */
export function parseDockerHost(text: string): DockerHost {
	if (text.startsWith("unix:///")) return { kind: "unix", path: text.slice("unix://".length) };
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url?.protocol !== "tcp:" || url.hostname === "" || !isBare(url)) throw unsupported(text);
	return { kind: "tcp", hostname: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 2375) };
}

export function nameOf(host: DockerHost): string {
	return host.kind === "unix" ? `unix://${host.path}` : `tcp://${host.hostname}:${host.port}`;
}

/** What a path, a query or a user in the address would ask for is nothing we do: better refused than ignored. */
function isBare({ pathname, search, username }: URL): boolean {
	return (pathname === "" || pathname === "/") && search === "" && username === "";
}

function unsupported(text: string): AppError {
	return new AppError(
		"docker-host",
		`Expected the Docker host to be unix:///path or tcp://host:port, got "${text}"`,
		{ hint: "set BALLAST_DOCKER_HOST or DOCKER_HOST, such as unix:///var/run/docker.sock" },
	);
}
