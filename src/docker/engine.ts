import type { Agent } from "node:http";
import Dockerode from "dockerode";
import { onAbort, orAborted } from "../abort.ts";
import { messageOf } from "../errors.ts";
import { agentFor } from "./agent.ts";
import { type DockerHost, nameOf } from "./host.ts";
import { type EngineSettings, locateEngine, wantedEngine } from "./locate.ts";
import { statusOf, tooSlow, unreachable } from "./unreachable.ts";

export type Docker = Dockerode;

/** One call to the engine, which ends when the signal aborts. */
type Call<T> = (docker: Docker, abortSignal: AbortSignal) => Promise<T>;

/** The way to an engine: found by the first call, and closed when disposed of. */
export type Engine = Disposable & {
	/** Where the engine is, such as `unix:///var/run/docker.sock`. */
	readonly place: string;
	/**
	 * Bounds the time until there is an answer, and throws `AppError` where there is none. One that is a stream may then
	 * last.
	 */
	readonly ask: <T>(call: Call<T>, signal: AbortSignal, limitMs?: number) => Promise<T>;
	/** What it says of a container; undefined when there is none, or several have an id that begins so. */
	readonly inspect: (idOrName: string, signal: AbortSignal) => Promise<unknown>;
};

export function createEngine(settings: EngineSettings, usualLimitMs: number): Engine {
	const way = createWay(settings);
	let place = wantedEngine(settings);

	async function ask<T>(call: Call<T>, signal: AbortSignal, limitMs = usualLimitMs): Promise<T> {
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
		get place() {
			return place;
		},
		ask,
		inspect: async (idOrName, signal) =>
			await ask((docker, abortSignal) => inspectBy(docker, idOrName, abortSignal), signal),
		[Symbol.dispose]: way.close,
	};
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

async function inspectBy(docker: Docker, idOrName: string, abortSignal: AbortSignal): Promise<unknown> {
	const name = encodeURIComponent(idOrName);
	return await docker.getContainer(name).inspect({ abortSignal }).catch(undefinedIfUnknown);
}

/** 400: `multiple IDs found with provided prefix` (moby `pkg/truncindex`), and other faults of the request. */
function undefinedIfUnknown(cause: unknown): undefined {
	const ambiguous = statusOf(cause) === 400 && messageOf(cause).includes("multiple IDs found");
	if (statusOf(cause) !== 404 && !ambiguous) throw cause;
}
