import { isIPv6 } from "node:net";
import type { PoolPolicy, Server } from "../model/fleet.ts";

/**
 * What stands in a server's line beside its address and weight. A server that is added at run time ignores `default-server`,
 * so each line has it all.
 */
const options = [
	// A connection attempt every 2 s; three failures in a row, the last two within a second, take the server out.
	"check inter 2s fastinter 500ms downinter 1s fall 3 rise 2",
	// Node's servers close a connection after 5 idle seconds, HAProxy's own default: a POST sent at that moment would be lost.
	"pool-purge-delay 1s",
].join(" ");

/** What follows a server's name, on a `server` line as well as in an `add server` command. */
export function serverOptions(server: Server, pool: PoolPolicy): string {
	return [
		`${endpoint(server)} weight ${server.weight}`,
		...(server.maxconn === undefined ? [] : [`maxconn ${server.maxconn}`]),
		// By its address, so that its place among the hashes doesn't depend on its line: the same on every proxy.
		...(pool.sticky === "source" ? ["hash-key addr-port"] : []),
		options,
	].join(" ");
}

/**
 * What follows a server's name on its line, for a process that starts. `add server` does not take `disabled`: there, what a
 * person has set is a command of its own.
 */
export function serverLine(server: Server, pool: PoolPolicy): string {
	const options = serverOptions(server, pool);
	return server.state === "maint" ? `${options} disabled` : options;
}

/** HAProxy keeps 16 places for each unit: a pool with this much loads in half a second, one with ten times as much in ten. */
const mostWeight = 10_000;

/**
 * The servers of a pool that binds clients by their address, with weights that HAProxy loads in time. By whole tens, so that
 * who joins or leaves changes the weights, and with them the places of the others, as rarely as can be.
 */
export function lightened(servers: readonly Server[]): readonly Server[] {
	const sum = servers.reduce((all, { weight }) => all + weight, 0);
	let divisor = 1;
	while (sum > mostWeight * divisor) divisor *= 10;
	return servers.map((server) => ({ ...server, weight: lighter(server.weight, divisor) }));
}

/** One that is drained keeps its share of the sum: the places of the others don't move with it. */
export function asHeld(server: Server): Server {
	return server.state === "drain" ? { ...server, weight: 0 } : server;
}

/** Weight 0 takes no new clients, and only that one. */
function lighter(weight: number, divisor: number): number {
	return weight === 0 ? 0 : Math.max(1, Math.round(weight / divisor));
}

function endpoint({ address, port }: Server): string {
	return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
