import pMap from "p-map";
import type { Clock } from "../clock.ts";
import type { Container, Inventory } from "../model/container.ts";
import { wantsToJoin } from "../model/labels.ts";
import type { DockerClient } from "./client.ts";
import type { DockerEvent } from "./events.ts";
import { createTold, isUp } from "./leaving.ts";

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

/** What an event leads to. `urgent` ones take something of ours away, and must not wait for others. */
type Hint = { readonly containerId: string; readonly urgent: boolean };

export type EngineInventory = {
	/** Reads what is hinted and gives all that is known. Throws `AppError` when any of it can't be read, and then has changed nothing. */
	readonly read: (hints: ReadHints, signal: AbortSignal) => Promise<Inventory>;
	/** Takes an event in, to be followed by a read. Only a `kill` is remembered, for the start that it came after. */
	readonly note: (event: DockerEvent) => Hint;
};

/** `id` is what was asked for. */
type Found = { readonly id: string; readonly container: Container | undefined };

/** Enough for the answers of a local engine to overlap, too few to trouble it. */
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
	const told = createTold(clock);
	let known: ReadonlyMap<string, Container> = new Map();
	let proxy: Container | undefined;

	async function read(hints: ReadHints, signal: AbortSignal): Promise<Inventory> {
		const heard = told.heard();
		const ids = hints.all ? await everyId(signal) : hints.containers;
		const found = await pMap(ids, (id) => look(id, signal), { concurrency, signal });
		// Nothing has thrown: only now is anything taken over, all of it at once.
		proxy = found.find(isSelf)?.container ?? proxy;
		known = merge(hints.all ? new Map() : known, found.map(inItsStart), joinLabel);
		for (const id of hints.all ? heard.keys() : ids) told.settle(id, heard.get(id), known.get(id));
		return { proxy: { container: proxy }, containers: [...known.values()], leaving: told.leaving(known) };
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

	/**
	 * An engine that is restarted under its containers (live-restore) calls each of them `starting` until their next check.
	 * To us, what was healthy stays so until a check says otherwise, or it starts anew.
	 */
	function inItsStart({ id, container }: Found): Found {
		const before = known.get(id);
		const isAnew = container?.health === "starting" && before?.health === "healthy";
		if (!isAnew || container.startedAt !== before.startedAt) return { id, container };
		return { id, container: { ...container, health: "healthy" } };
	}

	function isSelf({ container }: Found): boolean {
		return self !== undefined && container?.id.startsWith(self) === true;
	}

	function note(event: DockerEvent): Hint {
		const { containerId, action } = event;
		const isTold = told.note(event, known.get(containerId));
		const isOurs = known.has(containerId) || containerId === proxy?.id;
		return { containerId, urgent: isOurs && (isTold || takesAway.has(action)) };
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
