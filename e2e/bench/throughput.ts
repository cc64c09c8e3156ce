import { availableParallelism } from "node:os";
import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { joinLabelOf, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { placeOf } from "../harness/standing.ts";
import type { Figure } from "./figures.ts";
import { serving, startCopy, startHaproxy } from "./static-haproxy.ts";

/** A proxy in front of the same servers, by the name that answers in the sandbox's network. */
type Subject = { readonly name: string; readonly host: string; readonly perSecond: number[] };

const connections = 64;
const seconds = 2;
const rounds = 12;

/** Ballast beside two static HAProxies in front of the same servers: a bare one, and one with the same protections. */
export async function throughput(): Promise<readonly Figure[]> {
	await using sandbox = await createSandbox("bench");
	const servers = await Promise.all(["s1", "s2", "s3"].map((name) => startEcho(sandbox, name)));
	const { name: ballast } = await startProxy(sandbox);
	await serving(ballast);
	const addresses = await Promise.all(
		servers.map(async (server) => (await placeOf(server, sandbox.network)).IPAddress),
	);
	const bare = await startHaproxy(sandbox, "bare", bareConfig(addresses, availableParallelism()));
	const copy = await startCopy(sandbox, "copy", ballast);
	await Promise.all([serving(bare), serving(copy)]);
	const simple: Subject = { name: "a static haproxy.cfg, bare", host: bare, perSecond: [] };
	const alike: Subject = { name: "static, with Ballast's protections", host: copy, perSecond: [] };
	const ours: Subject = { name: "Ballast", host: ballast, perSecond: [] };
	const all = [simple, alike, ours];
	await askInTurn(sandbox, all);
	const shares = [
		shareOf(alike, simple, "those protections, of bare"),
		shareOf(ours, simple, "Ballast, of bare"),
		shareOf(ours, alike, "Ballast, of static with its protections"),
	];
	return [
		...all.map(({ name, perSecond }): Figure => ({ what: name, unit: "requests/s", values: perSecond })),
		...shares,
	];
}

/** Round by round. */
function shareOf(one: Subject, other: Subject, what: string): Figure {
	const values = one.perSecond.map((count, round) => count / (other.perSecond[round] ?? Number.NaN));
	return { what, unit: "share", values };
}

/** Several rounds, so that a drift of the machine's speed meets them all; each in another order. */
async function askInTurn(sandbox: Sandbox, subjects: readonly Subject[]): Promise<void> {
	for (let round = 0; round < rounds; round += 1) {
		const first = round % subjects.length;
		for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
			subject.perSecond.push(await requestsPerSecond(sandbox, subject.host));
			process.stdout.write(".");
		}
	}
}

async function requestsPerSecond(sandbox: Sandbox, host: string): Promise<number> {
	const load = ["-t1", `-c${connections}`, `-d${seconds}s`, `http://${host}:80/`];
	const report = await docker("run", "--rm", "--network", sandbox.network, images.bench, ...load);
	const [, figure] = /Requests\/sec:\s+([\d.]+)/.exec(report) ?? [];
	if (figure === undefined || /Non-2xx|Socket errors/.test(report))
		throw new Error(`not all was answered:\n${report}`);
	return Number(figure);
}

/** A server that costs next to nothing: a HAProxy that answers by itself. */
async function startEcho(sandbox: Sandbox, name: string): Promise<string> {
	const config = `
global
	nbthread 1
defaults
	mode http
	timeout client 60s
	timeout connect 5s
	timeout server 60s
frontend app
	bind :3000
	http-request return status 200 content-type text/plain string hello
`;
	return await startHaproxy(
		sandbox,
		name,
		config,
		"--label",
		joinLabelOf(sandbox),
		"--label",
		"ballast.port=3000",
	);
}

/** What a person would write by hand, with nothing that protects requests when servers come and go. */
function bareConfig(servers: readonly string[], threads: number): string {
	return `
global
	nbthread ${threads}
defaults
	mode http
	timeout client 60s
	timeout connect 5s
	timeout server 60s
frontend web
	bind :80
	default_backend nodes
backend nodes
${servers.map((address, index) => `	server s${index} ${address}:3000 check`).join("\n")}
`;
}
