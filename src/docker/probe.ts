import { connect, type Socket } from "node:net";
import { onAbort, orAborted } from "../abort.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { ConnectFault, Listening } from "../model/container.ts";
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
const overdueAfterMs = 10_000;

/** `onChange` is called when an endpoint accepts a connection, and when it has not for 10 s. */
export function createProbe({
	onChange,
	clock = systemClock,
}: {
	readonly onChange: (endpoint: Endpoint) => void;
	readonly clock?: Clock;
}): Probe {
	const watches = new Map<string, Watch>();
	/** How many have not listened yet, and may at any moment. */
	let awaited = 0;

	function begin(endpoint: Endpoint): Watch {
		const stopping = new AbortController();
		const { promise: triedOnce, resolve: tried } = Promise.withResolvers<void>();
		const noLongerAwaited = countOne();
		const heard = (answer: Listening) => {
			const isNews = answer.kind === "listens" || (answer.overdue && !isOverdue(watch.answer));
			watch.answer = answer;
			if (!isNews) return;
			noLongerAwaited();
			onChange(endpoint);
		};
		const gap = (age: number) => gapAt(age, awaited);
		const ended = probe(endpoint, { clock, heard, tried, gap, signal: stopping.signal }).finally(
			noLongerAwaited,
		);
		const answer = { kind: "deaf", overdue: false, fault: undefined } as const;
		const watch: Watch = { answer, triedOnce, ended, stop: () => stopping.abort() };
		return watch;
	}

	/** Counts one more, until what it gives is called. */
	function countOne(): () => void {
		let counted = true;
		awaited += 1;
		return () => {
			if (counted) awaited -= 1;
			counted = false;
		};
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

function isOverdue(answer: Listening): boolean {
	return answer.kind === "deaf" && answer.overdue;
}

type Probing = {
	readonly clock: Clock;
	readonly heard: (answer: Listening) => void;
	readonly tried: () => void;
	readonly gap: (age: number) => number;
	readonly signal: AbortSignal;
};

/** Tries again and again until the endpoint accepts or the signal aborts. Never throws. */
async function probe(endpoint: Endpoint, { clock, heard, tried, gap, signal }: Probing): Promise<void> {
	const began = clock.now();
	while (!signal.aborted) {
		const attempt = await tryAll(endpoint, signal);
		if (signal.aborted) break;
		const age = clock.now() - began;
		const isAccepted = "address" in attempt;
		if (isAccepted) heard({ kind: "listens", ...attempt });
		else heard({ kind: "deaf", overdue: age >= overdueAfterMs, ...attempt });
		tried();
		if (isAccepted) return;
		await clock.sleep(gap(age), signal).catch(() => undefined);
	}
	tried();
}

/**
 * Milliseconds until the next try. Users wait for an app that boots for a quarter of a second 1.3 ms longer at most, and one
 * that never listens costs a try per second. However many are awaited at once, they cost 1,000 tries per second at most:
 * a fifth of a core.
 */
export function gapAt(ageMs: number, awaited: number): number {
	const share = Math.min(0.005 * Math.max(1, ageMs / 1_000), 0.05);
	return Math.min(Math.max(ageMs * share, awaited, 1), 1_000);
}

type Attempt = { readonly address: string } | { readonly fault: ConnectFault };

/** The first of its addresses that accepts a connection. */
async function tryAll({ addresses, port }: Endpoint, signal: AbortSignal): Promise<Attempt> {
	const faults = await Promise.all(addresses.map((address) => faultAt(address, port, signal)));
	const accepted = faults.indexOf(undefined);
	if (accepted === -1) return { fault: faults.includes("refused") ? "refused" : (faults[0] ?? "no-way") };
	// An app that listens at all of them may have begun to after we asked the first.
	const preferred = addresses.slice(0, accepted);
	const again = await Promise.all(preferred.map((address) => faultAt(address, port, signal)));
	return { address: preferred[again.indexOf(undefined)] ?? addresses[accepted] ?? "" };
}

/** Undefined when it accepts a connection. */
async function faultAt(
	address: string,
	port: number,
	signal: AbortSignal,
): Promise<ConnectFault | undefined> {
	const { promise, resolve } = Promise.withResolvers<ConnectFault | undefined>();
	const socket = connect({ host: address, port, autoSelectFamily: false });
	const end = () => socket.destroy(new Error("no answer"));
	using _ends = onAbort(signal, end);
	const timer = setTimeout(end, attemptMs);
	socket.once("connect", () => resolve(isItsOwnPeer(socket) ? "refused" : undefined));
	socket.on("error", (error) => resolve(faultOf(error)));
	return await promise.finally(() => {
		clearTimeout(timer);
		socket.destroy();
	});
}

/**
 * To a port of this machine at which nobody listens, one of some thousand attempts is made from that very port, if it is one of
 * those that the kernel hands out: then TCP connects the socket to itself.
 */
export function isItsOwnPeer({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
	return localPort === remotePort && localAddress === remoteAddress;
}

/** connect(2): a neighbour that does not answer is EHOSTUNREACH, after seconds; the others come at once. */
function faultOf(thrown: unknown): ConnectFault {
	const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
	if (code === "ECONNREFUSED") return "refused";
	return code === "ENETUNREACH" || code === "EADDRNOTAVAIL" || code === "EACCES" ? "no-way" : "no-answer";
}
