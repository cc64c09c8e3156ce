import type { IncomingMessage } from "node:http";
import { addAbortSignal, type Readable } from "node:stream";
import Dockerode from "dockerode";
import * as v from "valibot";
import { onAbort, orAborted } from "../abort.ts";
import { AppError } from "../errors.ts";
import type { Container } from "../model/container.ts";
import { answerOf, fullId } from "./answer.ts";
import { type DockerHost, nameOf, parseDockerHost } from "./host.ts";
import { containerOf } from "./inspect.ts";
import { statusOf, tooSlow, unreachable } from "./unreachable.ts";

/** What we ask of a Docker engine. Each call ends within its time limit, and throws `AppError` when it has no answer. */
export type DockerClient = {
	/** Where the engine is, such as `unix:///var/run/docker.sock`. */
	readonly engine: string;
	/** The ids of containers that run or are paused and carry the label: `key=value`, or a bare `key` of any value. */
	readonly list: (label: string, signal: AbortSignal) => Promise<readonly string[]>;
	/** Undefined when there is no such container. */
	readonly inspect: (idOrName: string, signal: AbortSignal) => Promise<Container | undefined>;
	/**
	 * Subscribed once the promise resolves. Gives the lines of the event stream as they come, and ends with the stream;
	 * throws when it is cut off, or the signal aborts.
	 */
	readonly events: (filters: EventFilters, signal: AbortSignal) => Promise<AsyncIterable<string>>;
};

/** Docker's own filters: alternatives within one, both of them together. */
export type EventFilters = {
	readonly type: readonly ("container" | "network")[];
	readonly event: readonly string[];
};

const listing = v.array(v.object({ Id: fullId }));

/** Far more than any event; what never ends a line is no event stream. */
const longestLine = 1_000_000;

/** A client for `unix:///path` or `tcp://host:port`. Throws `AppError` for any other host. */
export function createDockerClient(host: string, limitMs = 5_000): DockerClient {
	const place = parseDockerHost(host);
	const docker = new Dockerode(connectionTo(place));

	/** Bounds the time until there is an answer. One that is a stream may then last. */
	async function ask<T>(call: (abortSignal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
		signal.throwIfAborted();
		const stop = new AbortController();
		using _ = onAbort(signal, (reason) => stop.abort(reason));
		const timer = setTimeout(() => stop.abort(tooSlow(place, limitMs)), limitMs);
		try {
			// dockerode leaves a call open for ever when its answer breaks off half-way: the signal decides by itself.
			return await orAborted(call(stop.signal), stop.signal);
		} catch (cause) {
			signal.throwIfAborted();
			throw unreachable(place, cause);
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		engine: nameOf(place),
		list: async (label, signal) => {
			const filters = { label: [label], status: ["running", "paused"] };
			const answer = await ask((abortSignal) => docker.listContainers({ filters, abortSignal }), signal);
			return answerOf(listing, answer, "a list of containers").map(({ Id }) => Id);
		},
		inspect: async (idOrName, signal) => {
			const container = docker.getContainer(encodeURIComponent(idOrName));
			const answer = await ask(
				(abortSignal) => container.inspect({ abortSignal }).catch(undefinedAt404),
				signal,
			);
			return answer === undefined ? undefined : containerOf(answer);
		},
		events: async ({ type, event }, signal) => {
			const filters = { type: [...type], event: [...event] };
			// Its type says less than it is: the response itself.
			const subscribe = (abortSignal: AbortSignal) =>
				docker.getEvents({ filters, abortSignal }) as Promise<IncomingMessage>;
			return linesOf(await ask(subscribe, signal), signal);
		},
	};
}

/** Everything is given, as dockerode takes what is missing from the environment. */
function connectionTo(host: DockerHost): Dockerode.DockerOptions {
	const nothing = { ca: undefined, cert: undefined, key: undefined, timeout: undefined };
	const common = { ...nothing, protocol: "http", pathPrefix: "/" } as const;
	return host.kind === "unix"
		? { ...common, host: undefined, socketPath: host.path }
		: { ...common, host: host.hostname, port: host.port };
}

function undefinedAt404(cause: unknown): undefined {
	if (statusOf(cause) !== 404) throw cause;
}

async function* linesOf(stream: Readable, signal: AbortSignal): AsyncIterable<string> {
	addAbortSignal(signal, stream).setEncoding("utf8");
	let rest = "";
	try {
		for await (const chunk of stream) {
			const lines = `${rest}${chunk}`.split("\n");
			rest = lines.pop() ?? "";
			yield* lines.filter((line) => line.trim() !== "");
			if (rest.length > longestLine) throw new Error(`a line is longer than ${longestLine} characters`);
		}
	} catch (cause) {
		signal.throwIfAborted();
		throw new AppError("docker-events-cut", "Docker's event stream broke off", { cause });
	}
}
