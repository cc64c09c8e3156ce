import { expect } from "vitest";
import type { ServerRow } from "../../src/admin/api.ts";
import type { Problem } from "../../src/model/problem.ts";
import { ask } from "./ask.ts";
import { inspect } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { type MembershipLine, membershipIn } from "./membership.ts";
import type { RunningProxy } from "./proxy.ts";

/**
 * Waits until a container is a server at that place (`ip:port`) that HAProxy finds up, is in `/nodes` under that address, has
 * joined there by the membership log, and nothing is said of it. One may insist on the `why` of its join.
 */
export async function isServedAt(
	proxy: RunningProxy,
	container: string,
	place: string,
	why?: string,
): Promise<void> {
	await eventually(async () => {
		const { rows, nodes, lines, problems } = await viewsOf(proxy, container);
		expect(rows).toEqual([expect.objectContaining({ address: place, status: "UP" })]);
		expect(nodes).toEqual([`${container} ${place.replace(/:\d+$/, "").replace(/[[\]]/g, "")}`]);
		expect(lines.at(-1)).toMatchObject({
			event: "join",
			address: place,
			...(why === undefined ? {} : { why }),
		});
		expect(problems).toEqual([]);
	});
}

/** Waits until it is in no pool and not in `/nodes`, its last line in the log, if any, is no join, and this is said of it. */
export async function isKeptOut(
	proxy: RunningProxy,
	container: string,
	...codes: readonly string[]
): Promise<void> {
	await eventually(async () => {
		const { rows, nodes, lines, problems } = await viewsOf(proxy, container);
		expect({ rows, nodes }).toEqual({ rows: [], nodes: [] });
		expect(lines.at(-1)?.event).not.toBe("join");
		expect(problems).toEqual(codes);
	});
}

type Views = {
	readonly rows: readonly ServerRow[];
	/** `<container> <ip>` */
	readonly nodes: readonly string[];
	readonly lines: readonly MembershipLine[];
	/** Codes. */
	readonly problems: readonly string[];
};

async function viewsOf(proxy: RunningProxy, container: string): Promise<Views> {
	const seen = await ask(proxy, "servers", "problems", "nodes", "membership");
	const rows: readonly ServerRow[] = JSON.parse(seen.servers);
	const problems: readonly Problem[] = JSON.parse(seen.problems);
	const nodes = seen.nodes.split("\n").map((line) => line.slice(line.indexOf(": ") + 2));
	return {
		rows: rows.filter((row) => row.container === container),
		nodes: nodes.filter((node) => node.startsWith(`${container} `)),
		lines: membershipIn(seen.membership).filter(({ name }) => name === container),
		problems: problems.filter(({ subject }) => subject === container).map(({ code }) => code),
	};
}

type Addresses = { readonly IPAddress: string; readonly GlobalIPv6Address: string; readonly Gateway: string };

/** What Docker tells of a container's place in a network. */
export async function placeOf(container: string, network: string): Promise<Addresses> {
	const networks = (await inspect(container, ".NetworkSettings.Networks")) as Record<string, Addresses>;
	const at = networks[network];
	if (at === undefined) throw new Error(`${container} is not in ${network}: ${Object.keys(networks).join()}`);
	return at;
}
