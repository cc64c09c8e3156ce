import type { Problem } from "../../src/model/problem.ts";
import type { Status } from "../../src/reconcile/status.ts";
import { docker as outerDocker, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { flavours } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import type { InnerEngine } from "../harness/inner-engine.ts";

/** A proxy within an engine in a container. It can be asked also while that engine can't be. */
export type InnerProxy = {
	readonly id: string;
	readonly status: () => Promise<Status>;
	readonly problems: () => Promise<readonly Problem[]>;
};

const network = "shop";

/** What proxy and servers have in common; each inner engine has one of its own. */
export async function createShop({ docker }: InnerEngine): Promise<void> {
	await docker("network", "create", network);
}

/**
 * Where the proxy is reached from this machine. Not by a port that the inner engine publishes: dockerd lays its rules for
 * those anew when it starts, and cuts their connections for some 300 ms, whoever serves behind them.
 */
export async function doorTo({ docker, name }: InnerEngine, proxy: InnerProxy): Promise<string> {
	const path = `{{.NetworkSettings.Networks.${network}.IPAddress}}`;
	const address = await docker("inspect", "--format", path, proxy.id);
	await outerDocker("exec", "--detach", name, "node", "--eval", relay, address);
	const url = await urlOf(name, 80);
	await eventually(async () => fetch(url));
	return url;
}

const relay = `
	const { connect, createServer } = require("node:net");
	createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
		const proxy = connect({ host: process.argv[1], port: 80, allowHalfOpen: true, noDelay: true });
		client.pipe(proxy).pipe(client);
		client.on("error", () => proxy.destroy()).on("close", () => proxy.destroy());
		proxy.on("error", () => client.destroy()).on("close", () => client.destroy());
	}).listen(80);`;

export async function startProxyInside(
	engine: InnerEngine,
	name: string,
	...options: readonly string[]
): Promise<InnerProxy> {
	const run = ["run", "-d", "--name", name, "--network", network, ...flavours.hardened];
	const id = await engine.docker(...run, ...options, images.proxy);
	const ask = async (verb: string) => JSON.parse(await engine.enter(id, `ballast ${verb} --json || true`));
	return { id, status: async () => ask("status"), problems: async () => ask("problems") };
}

/** Options, image and command of a server, as for `docker run`. Gives the container's id. */
export async function startInside(
	engine: InnerEngine,
	name: string,
	...args: readonly string[]
): Promise<string> {
	const labelled = ["--label", "role=backend", "--network", network];
	return engine.docker("run", "-d", "--name", name, ...labelled, ...args);
}

/** Waits until exactly so many servers are in the pool, nothing is wrong, and the engine is followed. */
export async function isRight(proxy: InnerProxy, servers: number, withinMs = 120_000): Promise<void> {
	await eventually(async () => {
		const { state, servers: present, engine, problems } = await proxy.status();
		const right = state === "ok" && present === servers && engine.connected;
		if (!right) throw new Error(`${state}, ${present} servers: ${JSON.stringify({ engine, problems })}`);
	}, withinMs);
}
