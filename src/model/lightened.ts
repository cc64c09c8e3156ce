import type { Pool, Server } from "./fleet.ts";

/** HAProxy keeps 16 places for each unit: a pool with this much loads in half a second, one with ten times as much in ten. */
const mostWeight = 10_000;

/**
 * The servers of a pool as HAProxy gets them. In one that binds clients by their address, with weights that HAProxy loads in
 * time: by whole tens, so that who joins or leaves changes the weights, and with them the places of the others, as rarely
 * as can be. One that is drained has the weight 0, in the process as in the file: its share of the sum stays, and with it
 * the places of the others.
 */
export function lightened(pool: Pool): readonly Server[] {
	return inTime(pool).map((server) => (server.state === "drain" ? { ...server, weight: 0 } : server));
}

function inTime({ sticky, servers }: Pool): readonly Server[] {
	if (sticky !== "source") return servers;
	const sum = servers.reduce((all, { weight }) => all + weight, 0);
	let divisor = 1;
	while (sum > mostWeight * divisor) divisor *= 10;
	return servers.map((server) => ({ ...server, weight: lighter(server.weight, divisor) }));
}

/** Weight 0 takes no new clients, and only that one. */
function lighter(weight: number, divisor: number): number {
	return weight === 0 ? 0 : Math.max(1, Math.round(weight / divisor));
}
