import type { Container } from "./container.ts";

/**
 * Where a server may be reached: at one of these addresses, the preferred one first. `start` names the container's run:
 * another start is another endpoint.
 */
export type Endpoint = {
	readonly start: string;
	readonly addresses: readonly string[];
	readonly port: number;
};

type Place = { readonly address: string; readonly port: number };

/** A stable key for one run of a container. */
export function startOf(container: Pick<Container, "id" | "startedAt">): string {
	return `${container.id}@${container.startedAt}`;
}

/** One text per endpoint, for maps and sets: `<start> <addresses> <port>`. Which address is preferred does not show. */
export function endpointKey({ start, addresses, port }: Endpoint): string {
	return `${start} ${[...addresses].sort().join(",")} ${port}`;
}

/** `ip:port`, an IPv6 address in brackets. */
export function hostPort({ address, port }: Place): string {
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
