import type { ServerRow } from "../admin/api.ts";
import { table } from "./table.ts";

/** `ballast servers` for people. */
export function serversText(servers: readonly ServerRow[]): string {
	if (servers.length === 0)
		return "No server: no container that carries the join label is ready. Why: ballast problems";
	const isAnyHeld = servers.some(({ held }) => held !== null);
	return table(
		[
			"POOL",
			"SERVER",
			"CONTAINER",
			"ADDRESS",
			"STATUS",
			...(isAnyHeld ? ["SET"] : []),
			"WEIGHT",
			"NOW",
			"TOTAL",
		],
		servers.map((row) => [
			row.pool,
			row.server,
			row.container,
			row.address,
			row.status,
			...(isAnyHeld ? [row.held ?? ""] : []),
			`${row.weight}`,
			`${row.current}`,
			`${row.total}`,
		]),
	);
}
