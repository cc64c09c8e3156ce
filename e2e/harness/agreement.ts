import { expect } from "vitest";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { RunningProxy } from "./proxy.ts";

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
	const expected = await expectedViews(proxy, containers);
	await eventually(async () => expect(await viewsOf(proxy, containers.length)).toEqual(expected), 30_000);
}

async function expectedViews({ network }: RunningProxy, containers: readonly string[]): Promise<Views> {
	const servers = await Promise.all(
		containers.map(async (container) => {
			const [state] = JSON.parse(await docker("inspect", container));
			const name = `${container}-${state.Id.slice(0, 8)}`;
			return { container, name, ip: state.NetworkSettings.Networks[network].IPAddress };
		}),
	);
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

/** One question after the other: a process in the container is dear, and is only worth it once the answers come. */
async function viewsOf(proxy: RunningProxy, size: number): Promise<Views> {
	// Each server in turn: one round reaches all, a second one those whose turn a health check's verdict moved.
	const answers = await Promise.all(Array.from({ length: 2 * size + 2 }, async () => answerOf(proxy.url)));
	const page = await (await fetch(proxy.statsUrl, { signal: AbortSignal.timeout(3_000) })).text();
	const inside = await docker("exec", proxy.name, "node", "--eval", peek);
	const { config, state, servers, nodes } = JSON.parse(inside);
	const written = matches(config, /^ {4}server (?!next unix@)(\S+ \S+)/gm);
	const leaving = leaversIn(state, new Set(written.map((line) => line.split(" ")[0] ?? "")));
	const process = matches(state, /^\d+ nodes \d+ (?<name>\S+) (?<ip>\S+) (?:\S+ ){13}(?<port>\d+) /gm);
	return {
		config: written,
		process: process.filter((line) => !leaving.has(line.split(" ")[0] ?? "")),
		controller: servers.map(({ server, address }: Record<string, string>) => `${server} ${address}`).sort(),
		statsPage: matches(page, /<a name="nodes\/(?!Backend")([^"]+)"/g).filter((name) => !leaving.has(name)),
		nodes,
		answers: [...new Set(answers)].sort(),
	};
}

/** Who is out, and stays in the process until what is in flight has ended: the file has them no more. */
function leaversIn(state: string, written: ReadonlySet<string>): ReadonlySet<string> {
	const out = [...state.matchAll(/^\d+ nodes \d+ (\S+) \S+ \d+ (\d+) /gm)]
		.filter(([, , admin]) => (Number(admin) & 1) === 1)
		.map(([, name = ""]) => name);
	return new Set(out.filter((name) => !written.has(name)));
}

/** In time, for a request that has reached a container on its way out may wait there for HAProxy's 60 s. */
async function answerOf(url: string): Promise<string> {
	const response = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(3_000) });
	await response.arrayBuffer();
	return response.headers.get("x-backend-ip") ?? `${response.status}`;
}

function matches(text: string, pattern: RegExp): readonly string[] {
	return [...text.matchAll(pattern)]
		.map(([, first = "", ip, port]) => (ip === undefined ? first : `${first} ${ip}:${port}`))
		.sort();
}

/** Runs in the proxy's container, where nothing but Node can ask a unix socket. */
const peek = `
	const { readFileSync, readdirSync } = require("node:fs");
	const { get } = require("node:http");
	const { connect } = require("node:net");
	const { text, json } = require("node:stream/consumers");
	const runtime = connect("/run/haproxy/admin.sock").end("show servers state\\n");
	const controller = new Promise((resolve, reject) =>
		get({ socketPath: "/run/ballast/ballast.sock", path: "/servers" }, resolve).on("error", reject));
	const nodes = readdirSync("/nodes").map((name) => name + ": " + readFileSync("/nodes/" + name, "utf8").trim());
	Promise.all([text(runtime), controller.then(json)]).then(([state, servers]) => {
		const config = readFileSync("/usr/local/etc/haproxy/haproxy.cfg", "utf8");
		console.log(JSON.stringify({ config, state, servers, nodes: nodes.sort() }));
	});`;
