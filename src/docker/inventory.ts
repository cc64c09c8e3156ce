import pMap from "p-map";
import type { Clock } from "../clock.ts";
import type { Container, Inventory, Leaving } from "../model/container.ts";
import { wantsToJoin } from "../model/labels.ts";
import type { DockerClient } from "./client.ts";
import type { DockerEvent } from "./events.ts";
import { signalName, terminates } from "./signals.ts";

export type InventoryParts = {
	readonly client: Pick<DockerClient, "list" | "inspect">;
	/** `key=value`, or a bare `key`. */
	readonly joinLabel: string;
	/** The container that this process runs in: an id or its first 12 digits; undefined outside. */
	readonly self: string | undefined;
	readonly clock: Pick<Clock, "now">;
};

/** What to read again: everything, or one inspect for each of these container ids. */
export type ReadHints = { readonly all: boolean; readonly containers: ReadonlySet<string> };

/** What an event leads to. `urgent` ones take something away, and must not wait for others. */
export type Hint = { readonly containerId: string; readonly urgent: boolean };

export type EngineInventory = {
	/** Reads what is hinted, and gives all that is known. Throws `AppError` when any of it can't be read, and then has changed nothing. */
	readonly read: (hints: ReadHints, signal: AbortSignal) => Promise<Inventory>;
	/** Takes an event in, to be followed by a read. Only a `kill` is remembered, until the container's next start. */
	readonly note: (event: DockerEvent) => Hint;
};

/** A terminating signal that was sent: `at` by the engine's clock, `heardAt` by ours, both in milliseconds since 1970. */
type Kill = { readonly signal: number; readonly at: number; readonly heardAt: number };

/** `id` is what was asked for. */
type Found = { readonly id: string; readonly container: Container | undefined };

/** Past the stop timeout Docker kills. One that runs on after that was given more time, or has survived its signal. */
const overdueAfterMs = 5_000;

/** Enough to have the answers of a local engine overlap, too few to trouble it. */
const concurrency = 8;

const takesAway: ReadonlySet<string> = new Set([
	"die",
	"stop",
	"pause",
	"destroy",
	"oom",
	"disconnect",
	"health_status: unhealthy",
]);

/** What the engine holds, kept by events that name what to read again, and by full lists. */
export function createInventory({ client, joinLabel, self, clock }: InventoryParts): EngineInventory {
	let known: ReadonlyMap<string, Container> = new Map();
	let proxy: Container | undefined;
	const kills = new Map<string, Kill>();

	async function read(hints: ReadHints, signal: AbortSignal): Promise<Inventory> {
		const heard = new Map(kills);
		const ids = hints.all ? await everyId(signal) : hints.containers;
		const found = await pMap(ids, (id) => look(id, signal), { concurrency, signal });
		// Nothing has thrown: only now is anything taken over, all of it at once.
		proxy = found.find(isSelf)?.container ?? proxy;
		known = merge(hints.all ? new Map() : known, found, joinLabel);
		for (const [id, kill] of heard) if (hints.all || ids.has(id)) forgetIfPast(id, kill);
		return { proxy: { container: proxy }, containers: [...known.values()], leaving: leavingNow() };
	}

	/** What is listed, what was up before and may have ended since, and the proxy itself. */
	async function everyId(signal: AbortSignal): Promise<ReadonlySet<string>> {
		const listed = await client.list(joinLabel, signal);
		const ids = new Set([...listed, ...[...known.values()].filter(isUp).map(({ id }) => id)]);
		if (self !== undefined && ![...ids].some((id) => id.startsWith(self))) ids.add(self);
		return ids;
	}

	async function look(id: string, signal: AbortSignal): Promise<Found> {
		return { id, container: await client.inspect(id, signal) };
	}

	function isSelf({ container }: Found): boolean {
		return self !== undefined && container?.id.startsWith(self) === true;
	}

	/** A kill that came in during the read stays for the next one, as this one may have looked before it. */
	function forgetIfPast(id: string, kill: Kill): void {
		const container = known.get(id);
		const holds = container !== undefined && isToldBy(kill, container);
		if (!holds && kills.get(id) === kill) kills.delete(id);
	}

	function leavingNow(): ReadonlyMap<string, Leaving> {
		const leaving = new Map<string, Leaving>();
		for (const [id, kill] of kills) {
			const container = known.get(id);
			if (container !== undefined && isToldBy(kill, container))
				leaving.set(id, leavingOf(kill, container, clock.now()));
		}
		return leaving;
	}

	function note(event: DockerEvent): Hint {
		const { containerId, action, at, signal } = event;
		const told = signal !== undefined && mayEnd(signal, containerId);
		if (told) kills.set(containerId, { signal, at, heardAt: clock.now() });
		return { containerId, urgent: told || takesAway.has(action) };
	}

	/** Of a container that was not read yet, the first doubtful signal counts until it was. */
	function mayEnd(signal: number, id: string): boolean {
		const container = known.get(id);
		if (container !== undefined) return terminates(signal, container.stopSignal);
		return terminates(signal, "SIGTERM") || !kills.has(id);
	}

	return { read, note };
}

function merge(
	before: ReadonlyMap<string, Container>,
	found: readonly Found[],
	joinLabel: string,
): ReadonlyMap<string, Container> {
	const after = new Map(before);
	for (const { id, container } of found) {
		if (container !== undefined && wantsToJoin(container.labels, joinLabel))
			after.set(container.id, container);
		else after.delete(id);
	}
	return after;
}

function isUp({ state }: Container): boolean {
	return state === "running" || state === "paused" || state === "restarting";
}

/** A signal is meant for the start that it came after. */
function isToldBy(kill: Kill, { startedAt, stopSignal }: Container): boolean {
	return Date.parse(startedAt) <= kill.at && terminates(kill.signal, stopSignal);
}

function leavingOf(kill: Kill, container: Container, now: number): Leaving {
	return {
		startedAt: container.startedAt,
		signal: signalName(kill.signal),
		overdue: isUp(container) && now - kill.heardAt > container.stopTimeout * 1000 + overdueAfterMs,
	};
}
