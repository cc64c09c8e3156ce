import type { Clock } from "../clock.ts";
import type { Container, Inventory, Unreadable } from "../model/container.ts";
import { wantsToJoin } from "../model/labels.ts";
import type { DockerClient } from "./client.ts";
import { createEndings } from "./endings.ts";
import type { DockerEvent } from "./events.ts";
import { createTold, isUp } from "./leaving.ts";
import { type Found, isFound, isUnread, lookAt, type Unread, unreadableOf } from "./look.ts";
import { isCertain, isSelf, selfUnknown } from "./self.ts";

export type InventoryParts = {
	readonly client: Pick<DockerClient, "engine" | "list" | "inspect">;
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
	/**
	 * Reads what is hinted and gives all that is known. Throws `AppError` when the engine can't be read, and then has changed
	 * nothing; a container that alone can't be read stays as it was, and is among `unreadable`.
	 */
	readonly read: (hints: ReadHints, signal: AbortSignal) => Promise<Inventory>;
	/**
	 * Takes an event in, to be followed by a read. Only a `kill` is remembered, for the start that it came after, and how one
	 * ended that may be gone by then.
	 */
	readonly note: (event: DockerEvent) => Hint;
};

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
	const endings = createEndings();
	const isOwn = (id: string) => isSelf(id, self);
	let known: ReadonlyMap<string, Container> = new Map();
	/** Those that the last read did not find any more, as they were at their end: it alone tells of them. */
	let departed: readonly Container[] = [];
	let proxy: Container | undefined;
	let unreadable: readonly Unreadable[] = [];

	async function read(hints: ReadHints, signal: AbortSignal): Promise<Inventory> {
		if (hints.all) return await readAll(signal);
		const heard = told.heard();
		const seen = await lookAt(client, hints.containers, signal);
		// Whether it is the engine or a container alone that can't be read, the full list tells.
		if (seen.some(isUnread)) return await readAll(signal);
		takeOver(known, seen.filter(isFound));
		unreadable = unreadable.filter(({ id }) => !hints.containers.has(id));
		return settled(hints.containers, heard);
	}

	async function readAll(signal: AbortSignal): Promise<Inventory> {
		const heard = told.heard();
		const listed = await client.list(joinLabel, signal);
		const seen = await lookAt(client, toLookAt(listed, known, self), signal);
		const [found, unread] = [seen.filter(isFound), seen.filter(isUnread)];
		if (found.length === 0 && unread[0] !== undefined) throw unread[0].failure;
		// One that is not listed has ended, and its address may be another's by now.
		const kept = unread.filter(({ id }) => listed.includes(id) || isOwn(id));
		const withWhy = kept.map((one) => unreadableOf(one, asKnown(one).container));
		takeOver(new Map(), [...found, ...kept.map(asKnown)]);
		unreadable = withWhy;
		return settled(heard.keys(), heard);
	}

	/** A proxy that does not know its own networks would take every network for one that it shares. */
	function asKnown({ id, failure }: Unread): Found {
		if (isOwn(id) && proxy === undefined) throw failure;
		return { id, container: isOwn(id) ? proxy : known.get(id) };
	}

	/** All of it at once, or nothing when it throws. */
	function takeOver(before: ReadonlyMap<string, Container>, found: readonly Found[]): void {
		const own = found.find(({ id }) => isOwn(id));
		proxy = own?.container ?? proxy;
		if (self !== undefined && isCertain(self) && own !== undefined && proxy === undefined)
			throw selfUnknown(self, client.engine);
		departed = endings.of(found, known);
		const inTheirStart = found.map((one) => inItsStart(one, known.get(one.id)));
		known = merge(before, inTheirStart, joinLabel);
	}

	function settled(ids: Iterable<string>, heard: ReturnType<typeof told.heard>): Inventory {
		const all = new Map([...known, ...departed.map((one) => [one.id, one] as const)]);
		for (const id of ids) told.settle(id, heard.get(id), all.get(id));
		const leaving = told.leaving(all);
		return { proxy: { container: proxy }, containers: [...all.values()], leaving, unreadable };
	}

	function note(event: DockerEvent): Hint {
		const { containerId, action } = event;
		endings.note(event);
		const takes = told.note(event, known.get(containerId)) || takesAway.has(action);
		return { containerId, urgent: takes && (known.has(containerId) || containerId === proxy?.id) };
	}

	return { read, note };
}

/** What is listed, what was up before and may have ended since, and the proxy itself. */
function toLookAt(
	listed: readonly string[],
	known: ReadonlyMap<string, Container>,
	self: string | undefined,
): ReadonlySet<string> {
	const ids = new Set([...listed, ...[...known.values()].filter(isUp).map(({ id }) => id)]);
	if (self !== undefined && ![...ids].some((id) => isSelf(id, self))) ids.add(self);
	return ids;
}

/**
 * An engine that is restarted under its containers (live-restore) calls each of them `starting` until their next check.
 * To us, what was healthy stays so until a check says otherwise, or it starts anew.
 */
function inItsStart({ id, container }: Found, before: Container | undefined): Found {
	const isAnew = container?.health === "starting" && before?.health === "healthy";
	if (!isAnew || container.startedAt !== before.startedAt) return { id, container };
	return { id, container: { ...container, health: "healthy" } };
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
