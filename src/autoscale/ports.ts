import type { Draft } from "../model/build.ts";
import type { CloneBody } from "../model/clone.ts";
import type { Container } from "../model/container.ts";
import type { Hold } from "../model/fleet.ts";
import type { ScaleEvent } from "../model/membership.ts";
import type { PoolLoad } from "../model/pool-load.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaleMemory } from "../model/scale-memory.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import type { Template } from "../model/template.ts";
import type { Usage } from "../model/usage.ts";
import type { Room } from "./room.ts";

/** What scaling needs of the world. app.ts plugs the adapters in. */
export type ScalerPorts = {
	/** How all containers stand, as the latest pass has found; undefined before the first. */
	readonly draft: () => Draft | undefined;
	/** Of each of these pools that HAProxy has. Throws when it does not answer. */
	readonly load: (pools: readonly string[], signal: AbortSignal) => Promise<readonly PoolLoad[]>;
	readonly replicas: ReplicasPort;
	readonly usage: UsagePort;
	/** Tells those that wait for a server of this pool in vain why there is none; empty: they need not know. */
	readonly excuse: (pool: string, why: string, signal: AbortSignal) => Promise<void>;
	/** The originals that we have stopped, by id: the start that ended so. Undefined: it is awake, or gone. */
	readonly asleep: {
		readonly all: () => ReadonlyMap<string, string>;
		readonly set: (id: string, startedAt: string | undefined) => void;
	};
	/** Lets a container finish, as a person's hold would; undefined takes it back. Counts at once. */
	readonly hold: (id: string, hold: Hold | undefined) => void;
	readonly inFlight: (pool: string, server: string, signal: AbortSignal) => Promise<InFlight>;
	/** What a person has set for a pool. */
	readonly order: (pool: string) => ScaleOrder | undefined;
	readonly room: () => Promise<Room>;
	/** What is to be known again by a later controller, and what an earlier one has left. */
	readonly memory: MemoryPort;
	/** The proxy whose turn it is to scale, by name, where it is not ours. */
	readonly leader: (signal: AbortSignal) => Promise<string | undefined>;
	/** Writes down what was done, and why. */
	readonly record: (events: readonly ScaleEvent[]) => void;
	/** Tells of problems that are new. */
	readonly complain: (news: readonly Problem[]) => void;
};

/** Never throws. */
type MemoryPort = {
	readonly kept: ScaleMemory;
	readonly keep: (memory: ScaleMemory) => Promise<void>;
	readonly problems: () => readonly Problem[];
};

/** `open`: it gets new clients. */
export type InFlight = {
	readonly state: "open" | "drained" | "out";
	readonly open: number;
	readonly queued: number;
	/** What has come to it. */
	readonly served: number;
};

/** What is changed on the engine. `denied`: what stands before it does not let changes through. */
export type ReplicasPort = {
	readonly template: (id: string, signal: AbortSignal) => Promise<Template | undefined>;
	/** Undefined when there is none of that id. */
	readonly inspect: (id: string, signal: AbortSignal) => Promise<Container | undefined>;
	/** Those with this label, `key=value`, that do not run. */
	readonly leftovers: (label: string, signal: AbortSignal) => Promise<readonly Leftover[]>;
	readonly create: (
		name: string,
		body: CloneBody,
		signal: AbortSignal,
	) => Promise<{ readonly kind: "created"; readonly id: string } | { readonly kind: "exists" } | Denied>;
	readonly start: (id: string, signal: AbortSignal) => Promise<{ readonly kind: "done" } | Denied>;
	readonly stop: (
		id: string,
		seconds: number,
		signal: AbortSignal,
	) => Promise<{ readonly kind: "done" } | Denied>;
	readonly remove: (id: string, signal: AbortSignal) => Promise<{ readonly kind: "done" } | Denied>;
};

/** What containers have used of the processors, by id; those that don't run are left out. */
export type UsagePort = (
	ids: readonly string[],
	signal: AbortSignal,
) => Promise<{ readonly kind: "told"; readonly usages: ReadonlyMap<string, Usage> } | Denied>;

export type Leftover = Pick<Container, "id" | "name" | "state" | "created" | "labels">;

export type Denied = { readonly kind: "denied"; readonly message: string };
