import { expect } from "vitest";
import type { ServerRow } from "../../src/admin/api.ts";
import { ask } from "./ask.ts";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { RunningProxy } from "./proxy.ts";
import { statsPageOf } from "./stats.ts";

/** What everybody who can be asked says of the pool `nodes`; each list is sorted. */
type Views = {
	/** `<server> <ip>:<port>`, by haproxy.cfg, the running process, and `ballast servers`. */
	readonly config: readonly string[];
	readonly process: readonly string[];
	readonly controller: readonly string[];
	/** Server names of the rows that the stats page shows. */
	readonly statsPage: readonly string[];
	/** `<server>: <container> <ip>` */
	readonly nodes: readonly string[];
	/** The addresses that answer, or the status of an answer without one. */
	readonly answers: readonly string[];
};

/**
 * Waits until everybody agrees that these containers are the servers of the pool `nodes`, at port 3000, and no others:
 * the generated config, HAProxy's process, its stats page, `/nodes`, the controller, and the answers to requests.
 */
export async function agreeOn(proxy: RunningProxy, ...containers: readonly string[]): Promise<void> {
	await eventually(async () => expectAgreement(proxy, containers));
}

/** The others are asked once the answers are right: to get into the container is dear. */
async function expectAgreement(proxy: RunningProxy, containers: readonly string[]): Promise<void> {
	const expected = await expectedViews(proxy, containers);
	const answers = await answersOf(proxy, containers.length);
	expect(answers, "who answers").toEqual(expected.answers);
	expect({ ...(await innerViewsOf(proxy)), answers }).toEqual(expected);
}

/** Anew at each look: one that Docker starts again may have another address then. */
async function expectedViews({ network }: RunningProxy, containers: readonly string[]): Promise<Views> {
	const states = containers.length === 0 ? [] : JSON.parse(await docker("inspect", ...containers));
	const servers = containers.map((container, at) => {
		const { Id, NetworkSettings } = states[at];
		const ip: string = NetworkSettings.Networks[network]?.IPAddress ?? "";
		return { container, name: `${container}-${Id.slice(0, 8)}`, ip };
	});
	const endpoints = servers.map(({ name, ip }) => `${name} ${ip}:3000`).sort();
	return {
		config: endpoints,
		process: endpoints,
		controller: endpoints,
		statsPage: servers.map(({ name }) => name).sort(),
		nodes: servers.map(({ container, name, ip }) => `${name}: ${container} ${ip}`).sort(),
		answers: servers.length === 0 ? ["503"] : servers.map(({ ip }) => ip).sort(),
	};
}

/** Each server in turn: one round reaches all, a second one those whose turn a health check's verdict moved. */
async function answersOf({ url }: RunningProxy, size: number): Promise<readonly string[]> {
	const answers = await Promise.all(Array.from({ length: 2 * size + 2 }, async () => answerOf(url)));
	return [...new Set(answers)].sort();
}

async function innerViewsOf(proxy: RunningProxy): Promise<Omit<Views, "answers">> {
	const [page, inside] = await Promise.all([
		statsPageOf(proxy.statsUrl),
		ask(proxy, "config", "state", "nodes", "servers"),
	]);
	const rows: readonly ServerRow[] = JSON.parse(inside.servers);
	const written = matches(inside.config, /^ {4}server (?!next unix@)(\S+ \S+)/gm);
	const leaving = leaversIn(inside.state, new Set(written.map((line) => line.split(" ")[0] ?? "")));
	const process = matches(inside.state, /^\d+ nodes \d+ (?<name>\S+) (?<ip>\S+) (?:\S+ ){13}(?<port>\d+) /gm);
	return {
		config: written,
		process: process.filter((line) => !leaving.has(line.split(" ")[0] ?? "")),
		controller: rows.map(({ server, address }) => `${server} ${address}`).sort(),
		statsPage: matches(page, /<a name="nodes\/(?!Backend")([^"]+)"/g).filter((name) => !leaving.has(name)),
		nodes: inside.nodes
			.split("\n")
			.filter((line) => line !== "")
			.sort(),
	};
}

/** Who is out, and stays in the process until what is in flight has ended: the file has them no more. */
function leaversIn(state: string, written: ReadonlySet<string>): ReadonlySet<string> {
	const out = [...state.matchAll(/^\d+ nodes \d+ (\S+) \S+ \d+ (\d+) /gm)]
		.filter(([, , admin]) => (Number(admin) & 1) === 1)
		.map(([, name = ""]) => name);
	return new Set(out.filter((name) => !written.has(name)));
}

/** Less than HAProxy's 60 s, for which a request may wait that has reached a container on its way out. */
const patienceMs = 5_000;

async function answerOf(url: string): Promise<string> {
	const response = await fetch(url, {
		headers: { connection: "close" },
		signal: AbortSignal.timeout(patienceMs),
	});
	await response.arrayBuffer();
	return response.headers.get("x-backend-ip") ?? `${response.status}`;
}

function matches(text: string, pattern: RegExp): readonly string[] {
	return [...text.matchAll(pattern)]
		.map(([, first = "", ip, port]) => (ip === undefined ? first : `${first} ${ip}:${port}`))
		.sort();
}
