import { isIPv6 } from "node:net";
import type { PoolPolicy, Server } from "../model/fleet.ts";

/**
 * What stands in a server's line beside its address and weight. A server that is added at run time ignores `default-server`,
 * so each line has it all.
 */
const options = [
	// A connection attempt every 2 s; three failures in a row take the server out, the last two within a second where it refuses.
	// Where nobody is there each takes 2 s, in which the attempt is repeated once: an app whose backlog is full may take that.
	"check inter 2s fastinter 500ms downinter 1s fall 3 rise 2",
	// So often, half of the idle connections that were not needed lately are closed. Node's servers close a connection after 5 idle
	// seconds, Gunicorn's after 2: a POST that is sent at that moment is lost. After a peak of 580 requests in flight, one of 145
	// each had a delay of 5 s, some were used after 8 s with 1 s, and none after 3 s with this.
	"pool-purge-delay 100ms",
].join(" ");

/** What a server's line depends on beside itself. */
export type ServerPool = PoolPolicy & { readonly name: string };

/** What follows a server's name, on a `server` line as well as in an `add server` command. */
export function serverOptions(server: Server, pool: ServerPool): string {
	return [
		`${endpoint(server)} weight ${server.weight}`,
		...(server.maxconn === undefined ? [] : [`maxconn ${server.maxconn}`]),
		// By its address, so that its place among the hashes doesn't depend on its line: the same on every proxy.
		...(pool.sticky === "source" ? ["hash-key addr-port"] : []),
		options,
		`guid ${guidOf(server, pool)}`,
	].join(" ");
}

/**
 * What follows a server's name on its line, for a process that starts. `add server` does not take `disabled`: there, what a
 * person has set is a command of its own.
 */
export function serverLine(server: Server, pool: ServerPool): string {
	const options = serverOptions(server, pool);
	return server.state === "maint" ? `${options} disabled` : options;
}

/** By it, counters find their server again in the process that a reload starts. */
function guidOf({ container }: Server, { name }: ServerPool): string {
	return `${container.id.slice(0, 32)}.${name}`;
}

function endpoint({ address, port }: Server): string {
	return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
