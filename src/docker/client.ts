import type { Agent, IncomingMessage } from "node:http";
import { addAbortSignal, type Readable } from "node:stream";
import Dockerode from "dockerode";
import * as v from "valibot";
import { onAbort, orAborted } from "../abort.ts";
import { AppError, messageOf } from "../errors.ts";
import type { Container } from "../model/container.ts";
import { agentFor } from "./agent.ts";
import { answerOf, fullId } from "./answer.ts";
import { type DockerHost, nameOf } from "./host.ts";
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
	const way = createWay(wanted);
	let place = wantedEngine(wanted);

	/** Bounds the time until there is an answer. One that is a stream may then last. */
	async function ask<T>(
		call: (docker: Dockerode, abortSignal: AbortSignal) => Promise<T>,
		signal: AbortSignal,
	): Promise<T> {
		signal.throwIfAborted();
		const { host, docker } = await way.find();
		place = nameOf(host);
		const stop = new AbortController();
		using _ = onAbort(signal, (reason) => stop.abort(reason));
		const timer = setTimeout(() => stop.abort(tooSlow(host, limitMs)), limitMs);
		try {
			// dockerode leaves a call open for ever when its answer breaks off half-way: the signal decides by itself.
			return await orAborted(call(docker, stop.signal), stop.signal);
		} catch (cause) {
			signal.throwIfAborted();
			throw unreachable(host, cause);
		} finally {
			clearTimeout(timer);
		}
	}

	return {
		get engine() {
			return place;
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
			const name = encodeURIComponent(idOrName);
			const answer = await ask(
				(docker, abortSignal) => docker.getContainer(name).inspect({ abortSignal }).catch(undefinedIfUnknown),
				signal,
			);
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
		events: async ({ type, event }, signal) => {
			const filters = { type: [...type], event: [...event] };
			// Its type says less than it is: the response itself.
			const subscribe = (docker: Dockerode, abortSignal: AbortSignal) =>
				docker.getEvents({ filters, abortSignal }) as Promise<IncomingMessage>;
			return linesOf(await ask(subscribe, signal), signal);
		},
		[Symbol.dispose]: way.close,
	};
}

/** TLS is asked for beside a host, never by it. */
function hostAlone(dockerHost: string): EngineSettings {
	const nothing = { dockerContext: undefined, dockerConfig: "", dockerCertPath: undefined };
	return { ...nothing, dockerHost, dockerTlsVerify: false };
}

type Way = { readonly host: DockerHost; readonly agent: Agent | undefined; readonly docker: Dockerode };

/** Found once, and looked for again as long as it is not. */
function createWay(settings: EngineSettings) {
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
	const agent = agentFor(host);
	return { host, agent, docker: new Dockerode(connectionTo(host, agent)) };
}

function ignored(): void {}

/** Everything is given, as dockerode takes what is missing from the environment. */
function connectionTo(host: DockerHost, agent: Agent | undefined): Dockerode.DockerOptions {
	const nothing = { ca: undefined, cert: undefined, key: undefined, timeout: undefined };
	const common = { ...nothing, agent, protocol: "http", pathPrefix: "/" } as const;
	if (host.kind === "unix") return { ...common, host: undefined, socketPath: host.path };
	// The agent knows the way; this is only for the header Host.
	if (host.kind === "ssh") return { ...common, host: "docker" };
	const protocol = host.tls === undefined ? "http" : "https";
	return { ...common, protocol, host: host.hostname, port: host.port };
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
