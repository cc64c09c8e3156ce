import { once } from "node:events";
import { connect } from "node:net";
import { orAborted } from "../abort.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Listening } from "../model/container.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";

/** Finds out when endpoints begin to accept connections. */
export type Probe = AsyncDisposable & {
	/** Probes these endpoints, from now on and no others, until each accepts a connection. */
	readonly watch: (endpoints: readonly Endpoint[]) => void;
	/** What is known of the watched endpoints, by `endpointKey`. */
	readonly listening: () => ReadonlyMap<string, Listening>;
	/** Resolves when each watched endpoint has been tried at least once. */
	readonly settled: (signal: AbortSignal) => Promise<void>;
};

type Watch = {
	answer: Listening;
	readonly triedOnce: Promise<void>;
	readonly ended: Promise<void>;
	readonly stop: () => void;
};

/** A container without a route, or a full backlog, takes a connection and says nothing. */
const attemptMs = 500;
const silentAfterMs = 10_000;

/** `onChange` is called when an endpoint accepts a connection, and when it has not for 10 s. */
export function createProbe({
	onChange,
	clock = systemClock,
}: {
	readonly onChange: (endpoint: Endpoint) => void;
	readonly clock?: Clock;
}): Probe {
	const watches = new Map<string, Watch>();

	function begin(endpoint: Endpoint): Watch {
		const stopping = new AbortController();
		const { promise: triedOnce, resolve: tried } = Promise.withResolvers<void>();
		const answered = (answer: Listening) => {
			watch.answer = answer;
			onChange(endpoint);
		};
		const ended = probe(endpoint, { clock, answered, tried, signal: stopping.signal });
		const watch: Watch = { answer: "not-yet", triedOnce, ended, stop: () => stopping.abort() };
		return watch;
	}

	function watch(endpoints: readonly Endpoint[]): void {
		const wanted = new Map(endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
		for (const [key, { stop }] of watches) {
			if (wanted.has(key)) continue;
			stop();
			watches.delete(key);
		}
		for (const [key, endpoint] of wanted) if (!watches.has(key)) watches.set(key, begin(endpoint));
	}

	return {
		watch,
		listening: () => new Map([...watches].map(([key, { answer }]) => [key, answer])),
		settled: async (signal) => {
			const all = Promise.all([...watches.values()].map(({ triedOnce }) => triedOnce));
			await orAborted(all, signal);
		},
		[Symbol.asyncDispose]: async () => {
			const ending = [...watches.values()].map(({ ended }) => ended);
			watch([]);
			await Promise.all(ending);
		},
	};
}

type Probing = {
	readonly clock: Clock;
	readonly answered: (answer: Listening) => void;
	readonly tried: () => void;
	readonly signal: AbortSignal;
};

/** Tries again and again until the endpoint accepts or the signal aborts. Never throws. */
async function probe(endpoint: Endpoint, { clock, answered, tried, signal }: Probing): Promise<void> {
	const began = clock.now();
	let silent = false;
	while (!signal.aborted) {
		const accepted = await accepts(endpoint, signal);
		if (signal.aborted) break;
		if (accepted) answered("yes");
		tried();
		if (accepted) return;
		const age = clock.now() - began;
		if (age >= silentAfterMs && !silent) {
			silent = true;
			answered("silent");
		}
		await clock.sleep(gapAt(age), signal).catch(() => undefined);
	}
	tried();
}

/** Users wait for an app that boots for a second 50 ms longer at most, and one that never listens costs a try per second. */
export function gapAt(ageMs: number): number {
	return Math.min(Math.max(ageMs * 0.05, 1), 1000);
}

async function accepts({ address, port }: Endpoint, signal: AbortSignal): Promise<boolean> {
	const socket = connect({ host: address, port, autoSelectFamily: false });
	const timer = setTimeout(() => socket.destroy(new Error("no answer")), attemptMs);
	try {
		await once(socket, "connect", { signal });
		return true;
	} catch {
		return false;
	} finally {
		clearTimeout(timer);
		socket.on("error", () => undefined).destroy();
	}
}
