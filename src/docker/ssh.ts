import { Agent } from "node:http";
import { Duplex } from "node:stream";
import { execa, type ResultPromise } from "execa";
import type { SshHost } from "./host.ts";
import { sshFailure } from "./ssh-failure.ts";

/**
 * A login costs a fifth of a second: a connection stays for longer than the gap between two full lists, so that there
 * always is one at hand.
 */
const idleMs = 90_000;

/** One for the event stream, and as many as a list is worth. An sshd turns away more than ten at a time. */
const connections = 4;

/**
 * Connections through OpenSSH's client, as the Docker CLI makes them: a process each, which runs `docker system dial-stdio`
 * on the other side. So its configuration, known hosts, keys and agent hold. A connection that ends takes its process along.
 */
export function sshAgent(host: SshHost): Agent {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const reuse = agent.reuseSocket.bind(agent);
	const idle = new WeakMap<Duplex, NodeJS.Timeout>();
	agent.createConnection = () => {
		const connection = connect(host);
		return connection.once("close", () => clearTimeout(idle.get(connection)));
	};
	agent.keepSocketAlive = (connection) => {
		const timer = setTimeout(() => connection.destroy(), idleMs);
		idle.set(connection, timer);
		return true;
	};
	agent.reuseSocket = (connection, request) => {
		clearTimeout(idle.get(connection));
		reuse(connection, request);
	};
	return agent;
}

/** It never asks anything, and notices a machine that is gone; below our own time limit, so that its reason is the one told. */
const options = {
	BatchMode: "yes",
	ConnectTimeout: "4",
	ServerAliveInterval: "10",
	ServerAliveCountMax: "2",
	LogLevel: "ERROR",
} as const;

export function sshArguments({ user, hostname, port, path }: SshHost): readonly string[] {
	return [
		...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
		"-T",
		...(user === undefined ? [] : ["-l", user]),
		...(port === undefined ? [] : ["-p", `${port}`]),
		...["--", hostname, "docker"],
		...(path === undefined ? [] : [`--host=unix://${path}`]),
		...["system", "dial-stdio"],
	];
}

const execaOptions = {
	reject: false,
	buffer: false,
	stdin: "pipe",
	// What it does at SIGTERM would end this process before its own handler of that signal has. The pipe's end ends ssh.
	cleanup: false,
} as const;

/** What a process says about its failure is at the end of what it says. */
const longestReason = 4_000;

function connect(host: SshHost): Duplex {
	const ssh = execa("ssh", sshArguments(host), execaOptions);
	let said = "";
	ssh.stderr.setEncoding("utf8").on("data", (text: string) => {
		said = `${said}${text}`.slice(-longestReason);
	});
	const connection = duplexOf(ssh);
	ssh.then(({ exitCode, cause }) => {
		if (exitCode !== 0) connection.destroy(sshFailure(host, { exitCode, said, cause }));
		else if (ssh.stdout.readableEnded) connection.push(null);
		else ssh.stdout.once("end", () => connection.push(null));
	});
	return connection;
}

/** Both pipes of a process as one stream, which ends when the process has: only its exit code tells why. */
function duplexOf(ssh: ResultPromise<typeof execaOptions>): Duplex {
	const { stdin, stdout } = ssh;
	const connection = new Duplex({
		read: () => stdout.resume(),
		write: (chunk, encoding, done) => stdin.write(chunk, encoding, () => done()),
		final: (done) => stdin.end(done),
		destroy: (error, done) => {
			ssh.kill();
			done(error);
		},
	});
	stdout.on("data", (chunk) => connection.push(chunk) || stdout.pause());
	stdin.on("error", () => undefined);
	// Node's agent calls this of a connection that it uses again; a process needs none.
	return Object.assign(connection, { ref: () => connection });
}
