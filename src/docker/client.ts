import type { IncomingMessage } from "node:http";
import { addAbortSignal, type Readable } from "node:stream";
import * as v from "valibot";
import { AppError } from "../errors.ts";
import type { Container } from "../model/container.ts";
import { answerOf, fullId } from "./answer.ts";
import { createEngine, type Docker } from "./engine.ts";
import { containerOf } from "./inspect.ts";
import { type Listed, listedIn } from "./listing.ts";
import type { EngineSettings } from "./locate.ts";
import { createPeers, type Peers } from "./peers.ts";
import { createReplicas, type Replicas } from "./replicas.ts";
import { createUsages, type Usages } from "./usage.ts";

/** What we ask of a Docker engine. Each call ends within its time limit, and throws `AppError` when it has no answer. */
export type DockerClient = {
	/** Where the engine is, such as `unix:///var/run/docker.sock`. */
	readonly engine: string;
	/** The containers that run or are paused and carry the label: `key=value`, or a bare `key` of any value. */
	readonly list: (label: string, signal: AbortSignal) => Promise<readonly Listed[]>;
	/** Undefined when there is no such container, or several have an id that begins so. */
	readonly inspect: (idOrName: string, signal: AbortSignal) => Promise<Container | undefined>;
	/** The ids of the engine's bridge networks. */
	readonly bridges: (signal: AbortSignal) => Promise<readonly string[]>;
	/**
	 * Subscribed once the promise resolves. Gives the lines of the event stream as they come, and ends with the stream;
	 * throws when it is cut off, or the signal aborts.
	 */
	readonly events: (filters: EventFilters, signal: AbortSignal) => Promise<EventLines>;
};

/** Docker's own filters: alternatives within one, both of them together. */
export type EventFilters = {
	readonly type: readonly ("container" | "network")[];
	readonly event: readonly string[];
	/**
	 * First what happened since then, in milliseconds since 1970 by the engine's clock. It keeps its latest 256 events, of any
	 * kind, until it is started anew (moby `daemon/events/events.go`).
	 */
	readonly since?: number;
};

/** `openedAt`: the second by the engine's clock in which it answered, in milliseconds since 1970; undefined where that is not told. */
export type EventLines = AsyncIterable<string> & { readonly openedAt: number | undefined };

const networkList = v.array(v.object({ Id: fullId }));

/** Far more than any event; what never ends a line is no event stream. */
const longestLine = 1_000_000;

/**
 * A client for the engine that the settings lead to, or for a host such as `unix:///path` alone. Where it is, and each
 * fault on the way there, is found out by the first call. When disposed of, it closes its connections.
 */
export function createDockerClient(
	settings: string | EngineSettings,
	limitMs = 5_000,
): DockerClient & Replicas & Usages & Peers & Disposable {
	const engine = createEngine(typeof settings === "string" ? hostAlone(settings) : settings, limitMs);
	const { ask, inspect } = engine;

	return {
		...createReplicas(engine, limitMs),
		...createUsages(engine),
		...createPeers(engine),
		get engine() {
			return engine.place;
		},
		list: async (label, signal) => {
			const filters = { label: [label], status: ["running", "paused"] };
			const answer = await ask(
				(docker, abortSignal) => docker.listContainers({ filters, abortSignal }),
				signal,
			);
			return listedIn(answer);
		},
		inspect: async (idOrName, signal) => {
			const answer = await inspect(idOrName, signal);
			return answer === undefined ? undefined : containerOf(answer);
		},
		bridges: async (signal) => {
			const filters = { driver: ["bridge"] };
			const answer = await ask(
				(docker, abortSignal) => docker.listNetworks({ filters, abortSignal }),
				signal,
			);
			return answerOf(networkList, answer, "a list of networks").map(({ Id }) => Id);
		},
		events: async ({ type, event, since }, signal) => {
			const filters = { type: [...type], event: [...event] };
			// Docker counts in seconds. No later than asked for.
			const asked = { filters, ...(since === undefined ? {} : { since: Math.floor(since) / 1_000 }) };
			// Its type says less than it is: the response itself.
			const subscribe = (docker: Docker, abortSignal: AbortSignal) =>
				docker.getEvents({ ...asked, abortSignal }) as Promise<IncomingMessage>;
			const response = await ask(subscribe, signal);
			const openedAt = Date.parse(response.headers.date ?? "");
			return Object.assign(linesOf(response, signal), {
				openedAt: Number.isNaN(openedAt) ? undefined : openedAt,
			});
		},
		[Symbol.dispose]: engine[Symbol.dispose],
	};
}

/** TLS is asked for beside a host, never by it. */
function hostAlone(dockerHost: string): EngineSettings {
	const nothing = { dockerContext: undefined, dockerConfig: "", dockerCertPath: undefined };
	return { ...nothing, dockerHost, dockerTlsVerify: false };
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
