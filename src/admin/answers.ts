import { hostPort } from "../model/endpoint.ts";
import { emptyFleet, type Fleet, membersOf } from "../model/fleet.ts";
import type { Problem } from "../model/problem.ts";
import type { OwnStatus } from "../reconcile/status.ts";
import type { Health, ServerRow } from "./api.ts";

/** What HAProxy says of one server. */
type Counted = Pick<ServerRow, "pool" | "server" | "status" | "weight" | "current" | "total">;

/** Milliseconds within which the loop has to turn. */
const alive = 30_000;

/** Every server of the fleet in force, with what HAProxy counts of it. */
export function serverRows(fleet: Fleet | undefined, stats: readonly Counted[]): readonly ServerRow[] {
	const counted = new Map(stats.map((row) => [`${row.pool}/${row.server}`, row]));
	return membersOf(fleet ?? emptyFleet).map(({ pool, server }) => {
		const row = counted.get(`${pool}/${server.name}`);
		return {
			pool,
			server: server.name,
			container: server.container.name,
			id: server.container.id,
			address: hostPort(server),
			status: row?.status ?? "unknown",
			held: server.state ?? null,
			weight: row?.weight ?? server.weight,
			current: row?.current ?? 0,
			total: row?.total ?? 0,
		};
	});
}

/** The status with problems that no pass comes to, such as an event handler's. */
export function withOthers<Some extends OwnStatus>(status: Some, others: readonly Problem[]): Some {
	const degrades = others.some(({ severity }) => severity === "problem");
	return {
		...status,
		state: degrades ? "degraded" : status.state,
		problems: [...status.problems, ...others],
	};
}

/** @param loaded the generation that the running process tells of; undefined when none answers */
export function healthOf(sinceLastTurn: number, loaded: string | undefined): Health {
	if (loaded === undefined) return { healthy: false, why: "HAProxy does not answer" };
	if (sinceLastTurn > alive) {
		return {
			healthy: false,
			why: `the controller's loop has not turned for ${Math.round(sinceLastTurn / 1000)} s`,
		};
	}
	return { healthy: true, why: "HAProxy answers, and the controller's loop turns" };
}
