import { addAbortSignal, type Readable } from "node:stream";
import * as v from "valibot";
import { onAbort, orAborted } from "../abort.ts";
import { AppError, messageOf } from "../errors.ts";
import type { Container } from "../model/container.ts";
import { agentFor } from "./agent.ts";
import { answerOf, fullId } from "./answer.ts";
import { getStream, getValue, type Way } from "./get.ts";
import { nameOf } from "./host.ts";
import { containerOf } from "./inspect.ts";
import { type Listed, listedIn } from "./listing.ts";
import { type EngineSettings, locateEngine, wantedEngine } from "./locate.ts";
import { statusOf, tooSlow, unreachable } from "./unreachable.ts";

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
	readonly events: (filters: EventFilters, signal: AbortSignal) => Promise<AsyncIterable<string>>;
};

/** Docker's own filters: alternatives within one, both of them together. */
export type EventFilters = {
	readonly type: readonly ("container" | "network")[];
	readonly event: readonly string[];
};

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
): DockerClient & Disposable {
	const wanted = typeof settings === "string" ? hostAlone(settings) : settings;
	const ways = createWays(wanted);
	let place = wantedEngine(wanted);

	/** Bounds the time until there is an answer. One that is a stream may then last. */
	async function ask<T>(
		call: (way: Way, signal: AbortSignal) => Promise<T>,
		signal: AbortSignal,
	): Promise<T> {
		signal.throwIfAborted();
		const way = await ways.find();
		const { host } = way;
		place = nameOf(host);
		const stop = new AbortController();
		using _ = onAbort(signal, (reason) => stop.abort(reason));
		const timer = setTimeout(() => stop.abort(tooSlow(host, limitMs)), limitMs);
		try {
			// The reason of the abort is what is told, whatever Node makes of it on its way.
			return await orAborted(call(way, stop.signal), stop.signal);
		} catch (cause) {
			signal.throwIfAborted();
			throw unreachable(host, cause);
		} finally {
			clearTimeout(timer);
		}
	}

	async function listAt(path: string, filters: Filters, signal: AbortSignal): Promise<unknown> {
		return await ask((way, ends) => getValue(way, filtered(path, filters), ends), signal);
	}

	return {
		get engine() {
			return place;
		},
		list: async (label, signal) => {
			const filters = { label: [label], status: ["running", "paused"] };
			return listedIn(await listAt("/containers/json", filters, signal));
		},
		inspect: async (idOrName, signal) => {
			const path = `/containers/${encodeURIComponent(idOrName)}/json`;
			const answer = await ask((way, ends) => getValue(way, path, ends).catch(undefinedIfUnknown), signal);
			return answer === undefined ? undefined : containerOf(answer);
		},
		bridges: async (signal) => {
			const answer = await listAt("/networks", { driver: ["bridge"] }, signal);
			return answerOf(networkList, answer, "a list of networks").map(({ Id }) => Id);
		},
		events: async (filters, signal) =>
			linesOf(await ask((way, ends) => getStream(way, filtered("/events", filters), ends), signal), signal),
		[Symbol.dispose]: ways.close,
	};
}

/** TLS is asked for beside a host, never by it. */
function hostAlone(dockerHost: string): EngineSettings {
	const nothing = { dockerContext: undefined, dockerConfig: "", dockerCertPath: undefined };
	return { ...nothing, dockerHost, dockerTlsVerify: false };
}

/** Found once, and looked for again as long as it is not. */
function createWays(settings: EngineSettings) {
	let way: Promise<Way> | undefined;
	const forget = (cause: unknown): never => {
		way = undefined;
		throw cause;
	};
	return {
		find: async () => {
			way ??= openWay(settings).catch(forget);
			return await way;
		},
		close: () => void way?.then(({ agent }) => agent?.destroy(), ignored),
	};
}

async function openWay(settings: EngineSettings): Promise<Way> {
	const host = await locateEngine(settings);
	return { host, agent: agentFor(host) };
}

function ignored(): void {}

type Filters = Readonly<Record<string, readonly string[]>>;

function filtered(path: string, filters: Filters): string {
	return `${path}?${new URLSearchParams({ filters: JSON.stringify(filters) })}`;
}

/** 400: `multiple IDs found with provided prefix` (moby `pkg/truncindex`), and other faults of the request. */
function undefinedIfUnknown(cause: unknown): undefined {
	const ambiguous = statusOf(cause) === 400 && messageOf(cause).includes("multiple IDs found");
	if (statusOf(cause) !== 404 && !ambiguous) throw cause;
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
