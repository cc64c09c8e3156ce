import { type Running, type RunningServer, runningName } from "../model/running.ts";
import { type Changed, type ServerChange, stateOf } from "../model/step.ts";
import { repliesIn } from "./replies.ts";
import { parseInfo, parseServersState, type ServerState } from "./runtime.ts";
import { type Ahead, ask, type CommandSocket, isConnectionLost, isNotRunning } from "./socket.ts";

/** What the newest worker has; undefined when none answers. */
export async function running(master: CommandSocket, signal: AbortSignal): Promise<Running | undefined> {
	const replies = await askNewest(master, ["show info", statesCommand], signal);
	if (replies === undefined) return undefined;
	const [info = "", states = ""] = replies;
	const servers = parseServersState(statesCommand, states).map(runningServer);
	const { pid, description } = parseInfo(info);
	return {
		pid,
		structure: description,
		servers: new Map(servers.map((server) => [runningName(server), server])),
	};
}

/** The newest worker's process, and its own socket. */
export type Worker = Pick<Ahead, "ask"> & { readonly pid: number };

/**
 * All changes by one connection, and what came of them by the same. Undefined when no process answers.
 *
 * @param worker the newest one as far as is known: asked itself, it takes half the time
 */
export async function change(
	master: CommandSocket,
	worker: Worker | undefined,
	changes: readonly ServerChange[],
	signal: AbortSignal,
): Promise<Changed | undefined> {
	const commands = changes.map(commandsOf);
	const pools = [...new Set(changes.map(({ pool }) => pool))].map((pool) => `${statesCommand} ${pool}`);
	const all = [...commands.flat(), ...pools];
	const replies = (await askDirectly(worker, all, signal)) ?? (await askNewest(master, all, signal));
	if (replies === undefined) return undefined;
	let next = 0;
	const complaints = commands.map((its) => {
		const said = replies.slice(next, next + its.length);
		next += its.length;
		return said.map((text) => text.trim()).find((text) => !isConsent(text)) ?? "";
	});
	const states = pools.flatMap((command, index) => statesIn(command, replies[next + index] ?? ""));
	return { replies: complaints, servers: states.map(runningServer) };
}

/**
 * Asks the newest worker (`@1`) by way of the master: the worker's own socket passes from the old worker to the new one,
 * and right after a reload either may answer there. One reply for each command; undefined when no process answers.
 */
export async function askNewest(
	master: CommandSocket,
	commands: readonly string[],
	signal: AbortSignal,
): Promise<readonly string[] | undefined> {
	try {
		const text = await ask(master, commands.map((command) => `@1 ${command}`).join("\n"), signal);
		return repliesIn(text, commands);
	} catch (thrown) {
		if (isNotRunning(thrown) || isConnectionLost(thrown)) return undefined;
		throw thrown;
	}
}

/** A line has to fit into one of HAProxy's buffers, of 16 KiB as a rule. */
const longestLine = 8_000;

/**
 * Undefined when it is not that worker that answers: then nothing is lost, since another is on its way out or just begins. Or
 * when an operator's template gives this socket another level than `admin`, which the master has always.
 */
async function askDirectly(
	worker: Worker | undefined,
	commands: readonly string[],
	signal: AbortSignal,
): Promise<readonly string[] | undefined> {
	const all = ["show info", ...commands];
	const line = all.join(";");
	if (worker === undefined || line.length > longestLine) return undefined;
	try {
		const [info = "", ...replies] = repliesIn(await worker.ask(line, signal), all) ?? [];
		const isDenied = replies.some((reply) => reply.startsWith("Permission denied"));
		return parseInfo(info).pid === worker.pid && !isDenied ? replies : undefined;
	} catch {
		signal.throwIfAborted();
		return undefined;
	}
}

const statesCommand = "show servers state";

/** management.txt 9.3. A server that is added starts in maintenance, unchecked: checks come first, then requests. */
function commandsOf(change: ServerChange): readonly string[] {
	const name = `${change.pool}/${change.server}`;
	switch (change.kind) {
		case "add-server": {
			const state = stateOf(change.entry);
			const added = [`add server ${name} ${change.options}`, `enable health ${name}`];
			return state === "maint" ? added : [...added, `set server ${name} state ${state}`];
		}
		case "maint-server":
		case "drain-server":
		case "ready-server":
			return [`set server ${name} state ${change.kind.slice(0, -"-server".length)}`];
		case "weight-server":
			return [`set server ${name} weight ${change.weight}`];
		case "remove-server":
			return [...(change.force ? [`shutdown sessions server ${name}`] : []), `del server ${name}`];
	}
}

/** Silence, as a rule. */
function isConsent(reply: string): boolean {
	return reply === "" || reply === "New server registered." || reply === "Server deleted.";
}

/** A pool that the process hasn't has no servers either: the changes in it are told of one by one. */
function statesIn(command: string, reply: string): readonly ServerState[] {
	return reply.startsWith("Can't find backend") ? [] : parseServersState(command, reply);
}

function runningServer(state: ServerState): RunningServer {
	const { pool, server, address, port, maintenance, draining, weight } = state;
	return { pool, server, address, port, weight, state: maintenance ? "maint" : draining ? "drain" : "ready" };
}
