import { type Load, tickMs } from "./load.ts";
import type { Scenario } from "./scenarios.ts";

type Request = { readonly at: number; sentAt: number; readonly serviceMs: number };

type Container = {
	state: "starting" | "ready" | "draining";
	readyAt: number;
	busy: number;
	/** Those that the balancer has given it, and that wait for a slot. */
	readonly waiting: Request[];
	/** When it began to drain. */
	since: number;
};

type Counts = { readonly ready: number; readonly starting: number; readonly draining: number };

/** Containers behind a balancer that prefers who has the fewest in flight, and queues beyond maxconn. */
export type Pool = {
	readonly tick: (now: number, arrivals: number) => void;
	readonly counts: () => Counts;
	/** Those that serve or drain, as HAProxy would tell of them. */
	readonly measures: () => Measures;
	readonly add: (by: number, now: number) => void;
	/** Those that have the fewest in flight drain, and go when nothing is in flight. */
	readonly drain: (by: number, now: number) => void;
	readonly undrain: (by: number) => void;
	/** Milliseconds that the newest start took. */
	readonly measuredReadyMs: () => number | undefined;
	readonly totals: () => Totals;
};

type Measures = {
	readonly inFlight: number;
	readonly queued: number;
	readonly requests: number;
	readonly responseMs: number;
	readonly queueMs: number;
	readonly cpu: number;
};

type Totals = { readonly requests: number; readonly slow: number; readonly replicaSeconds: number };

/** A container is told to stop, and takes this long at least. */
const leastDrainMs = 2_000;

export function createPool(scenario: Scenario, load: Load): Pool {
	const { slots, shared = Number.POSITIVE_INFINITY, policy } = scenario;
	const maxconn = policy.maxconn ?? Number.POSITIVE_INFINITY;
	const slowMs = 3 * scenario.serviceMs;
	const startMs = load.starts();
	let containers: readonly Container[] = Array.from({ length: scenario.initial }, () => created("ready", 0));
	const queue: Request[] = [];
	const ends = new Map<number, Container[]>();
	let [working, next, begun, slow, aliveTicks] = [0, 0, 0, 0, 0];
	let [responseMs, queueMs, dispatched] = [0, 0, 0];
	let measured: number | undefined;

	function tick(now: number, arrivals: number): void {
		for (const one of containers) if (isBorn(one, now)) one.state = "ready";
		for (const container of ends.get(now) ?? []) finish(container, now);
		ends.delete(now);
		for (let count = 0; count < arrivals; count += 1) arrive(now);
		dispatch(now);
		if (containers.some((one) => isGone(one, now)))
			containers = containers.filter((one) => !isGone(one, now));
		aliveTicks += containers.length;
	}

	function arrive(now: number): void {
		queue.push({ at: now, sentAt: now, serviceMs: load.serviceMs[next++] ?? scenario.serviceMs });
	}

	function dispatch(now: number): void {
		for (let container = idlest(); container !== undefined; container = idlest()) {
			const request = queue.shift();
			if (request === undefined) return;
			request.sentAt = now;
			dispatched += 1;
			queueMs += (now - request.at - queueMs) / Math.min(1024, dispatched);
			if (container.busy < slots) work(container, request, now);
			else container.waiting.push(request);
		}
	}

	function idlest(): Container | undefined {
		if (queue.length === 0) return undefined;
		let best: Container | undefined;
		for (const one of containers) if (isBetter(one, best)) best = one;
		return best !== undefined && inFlightOf(best) < maxconn ? best : undefined;
	}

	function work(container: Container, request: Request, now: number): void {
		container.busy += 1;
		working += 1;
		const takes = request.serviceMs * Math.max(1, working / shared);
		const end = now + Math.max(1, Math.round(takes / tickMs)) * tickMs;
		const total = end - request.at;
		begun += 1;
		if (total > slowMs) slow += 1;
		responseMs += (end - request.sentAt - responseMs) / Math.min(1024, begun);
		const others = ends.get(end);
		if (others === undefined) ends.set(end, [container]);
		else others.push(container);
	}

	function finish(container: Container, now: number): void {
		container.busy -= 1;
		working -= 1;
		const request = container.waiting.shift();
		if (request !== undefined) work(container, request, now);
	}

	return {
		tick,
		counts: () => ({ ready: count("ready"), starting: count("starting"), draining: count("draining") }),
		measures: () => {
			const ready = containers.filter(({ state }) => state === "ready");
			return {
				inFlight: sum(ready.map(inFlightOf)),
				queued: queue.length,
				requests: next,
				responseMs,
				queueMs,
				cpu: ready.length === 0 ? 0 : sum(ready.map(({ busy }) => busy)) / (ready.length * slots),
			};
		},
		add: (by, now) => {
			for (let each = 0; each < by; each += 1) {
				measured = startMs();
				containers = [...containers, created("starting", now + measured)];
			}
		},
		drain: (by, now) => {
			const victims = containers
				.filter(({ state }) => state !== "draining")
				.toSorted(byWorth)
				.slice(0, by);
			for (const victim of victims) Object.assign(victim, { state: "draining", since: now });
		},
		undrain: (by) => {
			const back = containers.filter(({ state }) => state === "draining").slice(0, by);
			for (const one of back) one.state = "ready";
		},
		measuredReadyMs: () => measured,
		totals: () => {
			// What has not begun by the end counts as slow: it mostly is.
			const waiting = queue.length + sum(containers.map((one) => one.waiting.length));
			return {
				requests: begun + waiting,
				slow: slow + waiting,
				replicaSeconds: (aliveTicks * tickMs) / 1000,
			};
		},
	};

	function count(state: Container["state"]): number {
		return containers.filter((one) => one.state === state).length;
	}
}

function created(state: Container["state"], readyAt: number): Container {
	return { state, readyAt, busy: 0, waiting: [], since: 0 };
}

function inFlightOf({ busy, waiting }: Container): number {
	return busy + waiting.length;
}

function isBorn({ state, readyAt }: Container, now: number): boolean {
	return state === "starting" && readyAt <= now;
}

function isBetter(one: Container, best: Container | undefined): boolean {
	return one.state === "ready" && (best === undefined || inFlightOf(one) < inFlightOf(best));
}

function isGone(container: Container, now: number): boolean {
	if (container.state !== "draining") return false;
	return inFlightOf(container) === 0 && now - container.since >= leastDrainMs;
}

/** Those that start serve nobody yet, and go first. */
function byWorth(one: Container, other: Container): number {
	const rank = ({ state }: Container) => (state === "starting" ? -1 : 0);
	return rank(one) - rank(other) || inFlightOf(one) - inFlightOf(other);
}

function sum(values: readonly number[]): number {
	return values.reduce((total, value) => total + value, 0);
}
