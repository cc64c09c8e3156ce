import { execa } from "execa";
import { docker } from "../harness/docker.ts";
import type { RunningProxy } from "../harness/proxy.ts";

/** Sees from within the proxy's container, once a millisecond, what HAProxy's process does with a server. */
export type Watcher = AsyncDisposable & {
	/** When the process has the server, in milliseconds since 1970. */
	readonly appears: (server: string, pool?: string) => Promise<number>;
	/** When the server takes no more new requests, or is none any more. */
	readonly leaves: (server: string, pool?: string) => Promise<number>;
};

export async function watchServers({ name }: Pick<RunningProxy, "name">): Promise<Watcher> {
	const command = ["exec", "--interactive", "--user", "10002:10002", name, "node", "--eval", watch];
	const process = execa("docker", command, { buffer: false, reject: false, stdin: "pipe" });
	const lines = process.iterable()[Symbol.asyncIterator]();

	/** One at a time. */
	async function wait(question: "appears" | "leaves", server: string, pool = "nodes"): Promise<number> {
		process.stdin.write(`${JSON.stringify({ question, server, pool })}\n`);
		const { value, done } = await lines.next();
		if (done === true) throw new Error(`the watcher in ${name} has ended`);
		return Number(value);
	}

	return {
		appears: async (server, pool) => wait("appears", server, pool),
		leaves: async (server, pool) => wait("leaves", server, pool),
		[Symbol.asyncDispose]: async () => {
			process.stdin.end();
			await process;
		},
	};
}

/** What Ballast calls a container's server. */
export async function serverOf(container: string): Promise<string> {
	return `${container}-${(await docker("inspect", "--format", "{{.Id}}", container)).slice(0, 8)}`;
}

/** Asks for one server alone, so that it costs as little in a pool of thousands. */
const watch = `
	const { connect } = require("node:net");
	const { createInterface } = require("node:readline");
	const ask = (command) => new Promise((resolve) => {
		let said = "";
		const socket = connect("/run/haproxy/admin.sock").end(command + "\\n").setEncoding("utf8");
		socket.on("data", (text) => { said += text; }).on("error", () => undefined).on("close", () => resolve(said));
	});
	const untilTrue = async (look) => {
		while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 1));
		return performance.timeOrigin + performance.now();
	};
	const isThere = async ({ server, pool }) => /^\\d+ \\(initial/.test(await ask("get weight " + pool + "/" + server));
	const numberOf = async ({ server, pool }) => {
		const rows = (await ask("show servers state " + pool)).split("\\n").map((line) => line.split(" "));
		return rows.find((row) => row[3] === server)?.[2];
	};
	const isGone = async ({ server, pool }, number) => {
		const row = (await ask("show stat " + pool + " 4 " + number)).split("\\n").at(1)?.split(",") ?? [];
		return row[1] !== server || row[17].startsWith("MAINT");
	};
	const answer = async (asked) => {
		if (asked.question === "appears") return untilTrue(() => isThere(asked));
		const number = await numberOf(asked);
		return number === undefined ? Number.NaN : untilTrue(() => isGone(asked, number));
	};
	(async () => {
		for await (const line of createInterface({ input: process.stdin })) console.log(await answer(JSON.parse(line)));
	})();`;
