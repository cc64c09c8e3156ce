import { availableParallelism } from "node:os";
import { table } from "../../src/cli/table.ts";
import { docker, inspect } from "../harness/docker.ts";
import { images } from "../harness/images.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { cellsOf } from "./figures.ts";
import { measureJoins } from "./joins.ts";
import {
	bareConfig,
	measureThroughput,
	type Subject,
	serving,
	startCopy,
	startHaproxy,
	startServer,
} from "./throughput.ts";

/* `make bench`: figures with their spread, beside a reference of the same run. Nothing here passes or fails. */

const joinCount = 20;
const rounds = 5;

async function joins(): Promise<void> {
	await using sandbox = await createSandbox("bench");
	const label = `${sandbox.network}=backend`;
	const proxy = await startBallast(sandbox, label, "-p", "127.0.0.1::80");
	process.stdout.write(`\n${joinCount} joins, one after the other `);
	const measured = await measureJoins(sandbox, proxy, label, joinCount);
	const rows = [
		[
			"Docker's start event",
			...cellsOf(
				measured.map((join) => join.sinceStart),
				1,
			),
		],
		[
			"the app listening",
			...cellsOf(
				measured.map((join) => join.sinceListening),
				1,
			),
		],
	];
	console.log(`\n${table(["TO THE FIRST ANSWER, MS, FROM", "MEDIAN", "LEAST", "MOST"], rows)}`);
}

async function throughput(): Promise<void> {
	await using sandbox = await createSandbox("bench");
	const label = `${sandbox.network}=backend`;
	const servers = await Promise.all(["s1", "s2", "s3"].map((name) => startServer(sandbox, name, label)));
	const addresses = await Promise.all(servers.map((server) => addressOf(server, sandbox)));
	const ballast = await startBallast(sandbox, label);
	await serving(ballast);
	const bare = await startHaproxy(sandbox, "bare", bareConfig(addresses, availableParallelism()));
	const copy = await startCopy(sandbox, "copy", ballast);
	await Promise.all([serving(bare), serving(copy)]);
	const subjects: readonly Subject[] = [
		{ name: "a static haproxy.cfg, bare", host: bare, perSecond: [] },
		{ name: "Ballast's haproxy.cfg, without the controller", host: copy, perSecond: [] },
		{ name: "Ballast", host: ballast, perSecond: [] },
	];
	process.stdout.write(`\n${rounds} rounds of load on three proxies in turn `);
	await measureThroughput(sandbox, subjects, rounds);
	const [reference] = subjects;
	const rows = subjects.map(({ name, perSecond }) => {
		const shares = perSecond.map((figure, round) => figure / (reference?.perSecond[round] ?? Number.NaN));
		return [name, ...cellsOf(perSecond, 0), ...cellsOf(shares, 2)];
	});
	const headings = ["REQUESTS PER SECOND", "MEDIAN", "LEAST", "MOST", "OF BARE: MEDIAN", "LEAST", "MOST"];
	console.log(`\n${table(headings, rows)}`);
}

async function startBallast(sandbox: Sandbox, label: string, ...options: readonly string[]): Promise<string> {
	const settings = ["-e", `BALLAST_JOIN_LABEL=${label}`, "-e", "BALLAST_PORT=3000"];
	const socket = ["-v", "/var/run/docker.sock:/var/run/docker.sock"];
	return await sandbox.run("ballast", ...settings, ...socket, ...options, images.proxy);
}

async function addressOf(container: string, { network }: Sandbox): Promise<string> {
	const attachment = await inspect(container, `(index .NetworkSettings.Networks "${network}")`);
	return (attachment as { readonly IPAddress: string }).IPAddress;
}

console.log("Building the load generator");
await docker(
	"build",
	"--quiet",
	"--build-arg",
	`BASE=${images.base}`,
	"--tag",
	images.bench,
	"--file",
	"e2e/bench/Dockerfile",
	".",
);
await joins();
await throughput();
