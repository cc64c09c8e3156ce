import type { Clock } from "../clock.ts";
import type { Inventory } from "../model/container.ts";
import type { DockerClient } from "./client.ts";
import { createEndings } from "./endings.ts";
import type { DockerEvent } from "./events.ts";
import { createKnowledge, type Knowledge } from "./knowledge.ts";
import { createTold } from "./leaving.ts";
import { type Found, isFound, isUnread, type Unread, unreadableOf } from "./look.ts";
import { createNews } from "./news.ts";
import { isSelf } from "./self.ts";
import { createSurvey } from "./survey.ts";

export type InventoryParts = {
	readonly client: Pick<DockerClient, "engine" | "list" | "inspect" | "bridges">;
	/** `key=value`, or a bare `key`. */
	readonly joinLabel: string;
	/** The container that this process runs in: an id or its first 12 digits; undefined outside. */
	readonly self: string | undefined;
	readonly clock: Pick<Clock, "now">;
	/** CIDR blocks that this process reaches on the engine's host, asked for while it is in no network of the engine's. */
	readonly routes?: () => Promise<readonly string[] | undefined>;
	/** Those that we have stopped ourselves, by id: no list tells of them. */
	readonly asleep?: () => ReadonlyMap<string, string>;
	/** Whether changes happen that no event tells of, each time that this changes. */
	readonly onSilence?: (isSilent: boolean) => void;
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
	/** How containers ended that are gone or started anew, as reads have told, was written down: later ones need not tell. */
	readonly recorded: () => void;
	/**
	 * Takes an event in, to be followed by a read. Only a `kill` is remembered, for the start that it came after, and how one
	 * ended that may be gone by then. Undefined when there is nothing to read yet.
	 */
	readonly note: (event: DockerEvent) => Hint | undefined;
	/** Who was told to stop, as far as is known now, by container id. */
	readonly leaving: () => Inventory["leaving"];
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
export function createInventory(parts: InventoryParts): EngineInventory {
	const { self, clock, asleep = () => new Map<string, string>() } = parts;
	const [told, news] = [createTold(clock), createNews()];
	const endings = createEndings(told);
	const survey = createSurvey({ ...parts, unlisted: () => [...asleep().keys(), ...endings.unrecorded()] });
	const knowledge = createKnowledge(parts);
	const isOwn = (id: string) => isSelf(id, self);

	async function read(hints: ReadHints, signal: AbortSignal): Promise<Inventory> {
		if (hints.all) return await readAll(signal);
		const heard = told.heard();
		const toInspect = news.toInspect(hints.containers);
		const seen = await survey.those(toInspect, signal);
		// Whether it is the engine or a container alone that can't be read, the full list tells.
		if (seen.some(isUnread)) return await readAll(signal);
		const { known } = knowledge.now();
		const found = seen.filter(isFound);
		await knowledge.add(found, toInspect, signal);
		endings.read(found, known);
		return settled(hints.containers, heard);
	}

	async function readAll(signal: AbortSignal): Promise<Inventory> {
		const heard = told.heard();
		news.forget();
		const { known } = knowledge.now();
		const { listed, seen } = await survey.all(known, (id) => heard.has(id), signal);
		const [found, unread] = [seen.filter(isFound), seen.filter(isUnread)];
		// One that is not listed has ended, and its address may be another's by now. One that is being started may be in no list
		// yet, and is not told of before it has.
		const isKept = ({ id }: Unread): boolean => listed.has(id) || asleep().has(id) || isOwn(id);
		const [kept, ended] = [unread.filter(isKept), unread.filter((one) => !isKept(one)).map(goneFor)];
		if (found.length === 0 && kept[0] !== undefined) throw kept[0].failure;
		const before = kept.map((one) => asKnown(one, isOwn(one.id), knowledge.now()));
		const withWhy = kept.map((one, index) => unreadableOf(one, before[index]?.container));
		await knowledge.replace([...found, ...before], withWhy, signal);
		endings.read([...found, ...ended], known);
		return settled(heard.keys(), heard);
	}

	function settled(ids: Iterable<string>, heard: ReturnType<typeof told.heard>): Inventory {
		const { self: proxy, known, unreadable } = knowledge.now();
		const { departed, restarted } = endings.past();
		const all = new Map([...departed.map((one) => [one.id, one] as const), ...known]);
		for (const id of ids) told.settle(id, heard.get(id), all.get(id));
		const leaving = told.leaving(all);
		return { proxy, containers: [...all.values()], leaving, unreadable, restarted, asleep: asleep() };
	}

	function note(event: DockerEvent): Hint | undefined {
		const { containerId, action } = event;
		const { self: ours, known } = knowledge.now();
		const container = known.get(containerId);
		endings.note(event);
		survey.heard(containerId);
		const isOurs = container !== undefined || containerId === ours.container?.id;
		// Docker lets go of one that it connects when that has started: until then an inspect waits, and a pass with it.
		if (action === "connect" && !isOurs) return undefined;
		const isTold = told.note(event, container);
		// Of one that was told to stop an inspect would still say "running", and its leave can't wait for that.
		news.heard(containerId, isTold && container?.state === "running");
		return { containerId, urgent: (isTold || takesAway.has(action)) && isOurs };
	}

	return { read, recorded: endings.recorded, note, leaving: () => told.leaving(knowledge.now().known) };
}

/** For all that can be told of it. */
function goneFor({ id }: Unread): Found {
	return { id, container: undefined };
}

/** A proxy that does not know its own networks would take every network for one that it shares. */
function asKnown(
	{ id, failure }: Unread,
	isOwn: boolean,
	{ self, known }: ReturnType<Knowledge["now"]>,
): Found {
	if (isOwn && self.container === undefined) throw failure;
	return { id, container: isOwn ? self.container : known.get(id) };
}
