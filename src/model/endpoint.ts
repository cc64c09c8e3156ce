import type { Container } from "./container.ts";

/** Where a server is reached. `start` names the container's run: another start is another endpoint. */
export type Endpoint = { readonly start: string; readonly address: string; readonly port: number };

/** A stable key for one run of a container. */
export function startOf(container: Pick<Container, "id" | "startedAt">): string {
	return `${container.id}@${container.startedAt}`;
}

/** One text per endpoint, for maps and sets: `<start> <address> <port>`. */
export function endpointKey(endpoint: Endpoint): string {
	return `${endpoint.start} ${endpoint.address} ${endpoint.port}`;
}

/** `ip:port`, an IPv6 address in brackets. */
export function hostPort({ address, port }: Pick<Endpoint, "address" | "port">): string {
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
