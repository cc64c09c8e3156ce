import { createConnection, type Socket } from "node:net";
import { onAbort } from "../abort.ts";
import { AppError } from "../errors.ts";

/**
 * One of HAProxy's two command sockets. They differ in their manners: the worker closes the connection after its reply,
 * the master keeps it open until we have closed our half. (Closing it on a worker would end a later `wait` early.)
 */
export type CommandSocket = {
	readonly kind: "worker" | "master";
	readonly path: string;
	/** How long a whole reply may take, in milliseconds, if not as long as is usual for its kind. */
	readonly replyWithinMs?: number;
};

const manners = {
	worker: { halfClose: false, replyWithinMs: 5_000 },
	// `reload` answers when the new worker has loaded everything, which takes seconds for a very large configuration.
	master: { halfClose: true, replyWithinMs: 30_000 },
} as const;

/**
 * Sends one command and gives the whole reply, however many reads it arrives in. Throws `AppError`:
 * `haproxy-not-running` when nobody listens, `haproxy-silent` when the reply isn't complete in time,
 * `haproxy-connection-lost` when the connection breaks before it. Rejects with the signal's reason when that aborts.
 */
export async function ask(socket: CommandSocket, command: string, signal: AbortSignal): Promise<string> {
	signal.throwIfAborted();
	return await askBy(connectTo(socket), socket, command, signal);
}

/** Asks as `ask` does, by a connection that was made before it was needed: that is a third of what a change takes. */
export type Ahead = {
	readonly ask: (command: string, signal: AbortSignal) => Promise<string>;
	/** Connects for the next question, to the process that listens now, in place of an earlier connection. */
	readonly renew: () => void;
	/** A process that was replaced does not end while anybody is connected to it. */
	readonly close: () => void;
};

export function createAhead(socket: CommandSocket): Ahead {
	let spare: Socket | undefined;

	function renew(): void {
		close();
		const fresh = connectTo(socket);
		// Nobody listens, or HAProxy has waited for a command for as long as it does: the next question makes its own.
		const forget = () => {
			fresh.destroy();
			if (spare === fresh) spare = undefined;
		};
		// Only what is read comes to its end.
		fresh.once("error", forget).once("end", forget).resume().unref();
		spare = fresh;
	}

	function close(): void {
		spare?.destroy();
		spare = undefined;
	}

	async function ask(command: string, signal: AbortSignal): Promise<string> {
		signal.throwIfAborted();
		const connection = take() ?? connectTo(socket);
		try {
			return await askBy(connection, socket, command, signal);
		} finally {
			renew();
		}
	}

	function take(): Socket | undefined {
		const taken = spare?.removeAllListeners("error").removeAllListeners("end").pause().ref();
		spare = undefined;
		return taken;
	}

	return { ask, renew, close };
}

/** allowHalfOpen: else Node would end our half by itself, and destroy the reply with it. */
function connectTo({ path }: CommandSocket): Socket {
	return createConnection({ path, allowHalfOpen: true });
}

async function askBy(
	connection: Socket,
	socket: CommandSocket,
	command: string,
	signal: AbortSignal,
): Promise<string> {
	const { halfClose, replyWithinMs } = { ...manners[socket.kind], ...socket };
	const deadline = AbortSignal.timeout(replyWithinMs);
	using _late = onAbort(deadline, () => connection.destroy(new Error("no reply in time")));
	using _ends = onAbort(signal, () => connection.destroy());
	try {
		connection.write(`${command}\n`);
		if (halfClose) connection.end();
		return await readAll(connection);
	} catch (cause) {
		signal.throwIfAborted();
		throw failure(socket, command, deadline.aborted ? "ETIMEDOUT" : codeOf(cause), cause);
	} finally {
		connection.destroy();
	}
}

/** Whether nobody listens on the socket: the process is starting, restarting, or was never started. */
export function isNotRunning(thrown: unknown): boolean {
	return thrown instanceof AppError && thrown.code === "haproxy-not-running";
}

/** Whether the process went away, or replaced itself, before it had answered. */
export function isConnectionLost(thrown: unknown): boolean {
	return thrown instanceof AppError && thrown.code === "haproxy-connection-lost";
}

async function readAll(connection: Socket): Promise<string> {
	connection.setEncoding("utf8");
	let reply = "";
	for await (const chunk of connection) reply += chunk;
	// Even the reply to a command that has nothing to say is an empty line.
	if (!reply.endsWith("\n")) throw new Error(`the reply ends after ${reply.length} characters`);
	return reply;
}

function codeOf(thrown: unknown): string {
	return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

function failure({ kind, path }: CommandSocket, command: string, code: string, cause: unknown): AppError {
	switch (code) {
		case "ENOENT":
		case "ECONNREFUSED":
			return new AppError("haproxy-not-running", `No HAProxy ${kind} listens on ${path}`, {
				hint: "HAProxy is starting or was stopped; its own lines in the container's log tell why.",
				cause,
			});
		case "EACCES":
			return new AppError("haproxy-socket-denied", `HAProxy's ${kind} socket ${path} may not be opened`, {
				hint: "The socket's group must be the controller's; see the directories in docs/operations.md.",
				cause,
			});
		case "ETIMEDOUT":
			return new AppError(
				"haproxy-silent",
				`HAProxy's ${kind} did not answer "${command}" in time on ${path}`,
				{ hint: "The process may be stopped or starved of CPU; look at the machine's load.", cause },
			);
		default:
			return new AppError(
				"haproxy-connection-lost",
				`HAProxy's ${kind} broke off before it had answered "${command}" on ${path}`,
				{ hint: "It is restarting, or somebody else reloads it at this moment.", cause },
			);
	}
}
