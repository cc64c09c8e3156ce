import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { Client } from "undici";
import { docker, urlOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** How long a new container took until it answered through the proxy, in milliseconds. */
export type Join = { readonly sinceStart: number; readonly sinceListening: number };

/** Listens as soon as Node can, tells when that was, and answers with its own name. */
const app = `
	const server = require("node:http").createServer((_, response) => response.end());
	server.listen(3000, () => console.log(performance.timeOrigin + performance.now()));
	process.on("SIGTERM", () => process.exit());`;
const appOptions = ["--no-healthcheck", "--init", "--entrypoint", "node", images.webapp, "-e", app];

/** One container after the other joins an empty pool, is asked once a millisecond, and goes again. */
export async function measureJoins(
	sandbox: Sandbox,
	proxy: string,
	label: string,
	count: number,
): Promise<readonly Join[]> {
	const client = new Client(await urlOf(proxy, 80));
	const joins: Join[] = [];
	for (let join = 0; join < count; join += 1) {
		await eventually(async () => expectStatus(await statusOf(client), 503));
		const [container, answered] = await Promise.all([
			sandbox.run("joiner", "--label", label, ...appOptions),
			firstAnswer(client),
		]);
		const listening = Number(await docker("logs", container));
		joins.push({ sinceStart: answered - (await startOf(container)), sinceListening: answered - listening });
		await docker("rm", "--force", container);
		process.stdout.write(".");
	}
	await client.close();
	return joins;
}

async function firstAnswer(client: Client): Promise<number> {
	while ((await statusOf(client)) !== 200) await delay(1);
	return performance.timeOrigin + performance.now();
}

/** 0 when there is no answer within a quarter of a second, as while a server goes whose address nobody has any more. */
async function statusOf(client: Client): Promise<number> {
	try {
		const { statusCode, body } = await client.request({
			method: "GET",
			path: "/",
			signal: AbortSignal.timeout(250),
		});
		await body.dump();
		return statusCode;
	} catch {
		return 0;
	}
}

function expectStatus(got: number, expected: number): void {
	if (got !== expected) throw new Error(`expected status ${expected}, got ${got}`);
}

/** When Docker said that the container had started, as its events have it. */
async function startOf(container: string): Promise<number> {
	const id = await docker("inspect", "--format", "{{.Id}}", container);
	const now = Math.ceil(Date.now() / 1000);
	const filters = ["--filter", `container=${id}`, "--filter", "event=start"];
	const { stdout } = await execa("docker", [
		"events",
		...filters,
		"--since",
		"1h",
		"--until",
		`${now}`,
		"--format",
		"{{json .}}",
	]);
	const event: { readonly timeNano: number } = JSON.parse(stdout);
	return event.timeNano / 1e6;
}
