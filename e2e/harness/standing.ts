import { expect } from "vitest";
import type { ServerRow } from "../../src/admin/api.ts";
import type { Problem } from "../../src/model/problem.ts";
import { docker, inspect } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { MembershipLine } from "./membership.ts";
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
	}, 30_000);
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
	}, 30_000);
}

type Views = {
	readonly rows: readonly ServerRow[];
	/** `<container> <ip>` */
	readonly nodes: readonly string[];
	readonly lines: readonly MembershipLine[];
	/** Codes. */
	readonly problems: readonly string[];
};

/** All in one process, which is what is dear. */
async function viewsOf({ name }: RunningProxy, container: string): Promise<Views> {
	const seen = JSON.parse(await docker("exec", "--user", "10002:10002", name, "node", "--eval", peek));
	const { servers, problems, nodes, log } = seen;
	return {
		rows: servers.filter((row: ServerRow) => row.container === container),
		nodes: nodes.filter((node: string) => node.startsWith(`${container} `)),
		lines: log.filter((line: MembershipLine) => line.name === container),
		problems: problems.filter((one: Problem) => one.subject === container).map(({ code }: Problem) => code),
	};
}

/** Runs in the proxy's container, as the controller's user. */
const peek = `
	const { readFileSync, readdirSync } = require("node:fs");
	const { get } = require("node:http");
	const { json } = require("node:stream/consumers");
	const ask = (path) => new Promise((resolve, reject) =>
		get({ socketPath: "/run/ballast/ballast.sock", path }, resolve).on("error", reject)).then(json);
	const nodes = readdirSync("/nodes").map((name) => readFileSync("/nodes/" + name, "utf8").trim());
	const log = readFileSync("/var/lib/ballast/state/membership.log", "utf8").trim().split("\\n").map((line) => JSON.parse(line));
	Promise.all([ask("/servers"), ask("/problems")]).then(([servers, problems]) =>
		console.log(JSON.stringify({ servers, problems, nodes, log })));`;

type Addresses = { readonly IPAddress: string; readonly GlobalIPv6Address: string; readonly Gateway: string };

/** What Docker tells of a container's place in a network. */
export async function placeOf(container: string, network: string): Promise<Addresses> {
	const networks = (await inspect(container, ".NetworkSettings.Networks")) as Record<string, Addresses>;
	const at = networks[network];
	if (at === undefined) throw new Error(`${container} is not in ${network}: ${Object.keys(networks).join()}`);
	return at;
}
