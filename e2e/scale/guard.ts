import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** What stands before the engine's socket, and may let nobody change anything. */
export type Guard = {
	/** The options of a proxy that reaches the engine this way. */
	readonly options: readonly string[];
	/** Answers each change with that status from now on. */
	readonly deny: (status: number) => Promise<void>;
	readonly allow: () => Promise<void>;
	/** What it has refused so far: `POST /containers/create?name=…`. */
	readonly refused: () => Promise<readonly string[]>;
};

const socket = "/sockets/docker.sock";

/** `/tmp/denies` holds the status that changes are answered with. */
const script = `
	const { chmodSync, chownSync, existsSync, readFileSync } = require("node:fs");
	const { createServer, request } = require("node:http");
	createServer((asked, answer) => {
		const { method, url, headers } = asked;
		if (method !== "GET" && existsSync("/tmp/denies")) {
			console.log(method + " " + url);
			answer.writeHead(Number(readFileSync("/tmp/denies", "utf8")), { "content-type": "application/json" });
			return asked.resume().on("end", () => answer.end('{"message":"nobody changes anything here"}'));
		}
		const engine = request({ socketPath: "/var/run/docker.sock", method, path: url, headers }, (said) => {
			answer.writeHead(said.statusCode, said.headers).flushHeaders();
			said.pipe(answer);
		});
		answer.on("close", () => engine.destroy());
		engine.on("error", () => answer.destroy());
		asked.pipe(engine);
	}).listen("${socket}", () => {
		chownSync("${socket}", 10002, 10002);
		chmodSync("${socket}", 0o600);
		console.log("ready");
	});
	process.once("SIGTERM", () => process.exit());`;

export async function createGuard(sandbox: Sandbox): Promise<Guard> {
	const mount = ["-v", `${await sandbox.volume("sockets")}:/sockets`] as const;
	const guard = await sandbox.run(
		"guard",
		...mount,
		...mountEngineSocket,
		images.base,
		"node",
		"--eval",
		script,
	);
	const said = async () => (await docker("logs", guard)).split("\n");
	await eventually(async () => {
		if ((await said())[0] !== "ready") throw new Error(`${guard} is not ready.`);
	});
	return {
		options: [...mount, "-e", `BALLAST_DOCKER_HOST=unix://${socket}`],
		deny: async (status) => {
			await docker("exec", guard, "sh", "-c", `echo ${status} > /tmp/next && mv /tmp/next /tmp/denies`);
		},
		allow: async () => {
			await docker("exec", guard, "rm", "/tmp/denies");
		},
		refused: async () => (await said()).slice(1),
	};
}
