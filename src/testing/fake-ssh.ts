import { chmod, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory.ts";

/** How the fake `ssh` behaves: it leads to a socket, or says something and ends. */
type Behaviour = { readonly socket: string } | { readonly says: string; readonly exitCode: number };

export type FakeSsh = AsyncDisposable & {
	/** To be first in PATH. */
	readonly directory: string;
	/** The processes so far. */
	readonly calls: () => Promise<readonly { readonly pid: number; readonly args: readonly string[] }[]>;
	/** How many of them still run. */
	readonly running: () => Promise<number>;
};

/** A program `ssh` for tests: a real process, with OpenSSH's ways of ending. */
export async function createFakeSsh(behaviour: Behaviour): Promise<FakeSsh> {
	const directory = await temporaryDirectory();
	const log = join(directory.path, "calls");
	const program = join(directory.path, "ssh");
	await writeFile(log, "");
	// The kernel ends an interpreter's path at the first space, which the checkout's may have.
	const node = join(directory.path, "node");
	await symlink(process.execPath, node);
	await writeFile(program, `#!${node}\n(${main})(${JSON.stringify({ behaviour, log })});`);
	await chmod(program, 0o755);
	const calls = async () => {
		const lines = (await readFile(log, "utf8")).split("\n").filter((line) => line !== "");
		return lines.map((line) => JSON.parse(line));
	};
	return {
		directory: directory.path,
		calls,
		running: async () => (await calls()).filter(({ pid }) => runs(pid)).length,
		[Symbol.asyncDispose]: directory[Symbol.asyncDispose],
	};
}

const main = `function ({ behaviour, log }) {
	require("node:fs").appendFileSync(log, JSON.stringify({ pid: process.pid, args: process.argv.slice(2) }) + "\\n");
	if ("socket" in behaviour) {
		const engine = require("node:net").connect(behaviour.socket);
		process.stdin.pipe(engine).pipe(process.stdout);
		engine.on("close", () => process.exit());
	} else {
		process.stderr.write(behaviour.says, () => process.exit(behaviour.exitCode));
	}
}`;

function runs(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
}
