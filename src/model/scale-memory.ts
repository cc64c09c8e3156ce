import type { Container } from "./container.ts";
import type { ScaleOrder } from "./scale-order.ts";
import type { Template } from "./template.ts";

/** What scaling has to know again when the controller is started anew. The templates hold environments, and so secrets. */
export type ScaleMemory = {
	/** Up to when the engine's events are in this, by its clock, in milliseconds since 1970; undefined: none was heard. */
	readonly heardUntil: number | undefined;
	/** The ids of containers that a person has stopped, and that were there still. */
	readonly stopped: readonly string[];
	/** Those that Ballast was taking away, or has stopped. */
	readonly ours: readonly string[];
	readonly pools: ReadonlyMap<string, PoolMemory>;
};

export type PoolMemory = {
	/** Whose clones there are, and what of. */
	readonly original: Container;
	readonly template: Template;
	/** What a person had set, by which the wishes of before count or don't. */
	readonly ordered?: ScaleOrder | undefined;
	/** Who was there, and had been ready. */
	readonly members: readonly { readonly id: string; readonly name: string; readonly isClone: boolean }[];
	/** Those that are missing because a person wanted that. */
	readonly parked: readonly string[];
	/** Starts that failed in a row, and which was the last. */
	readonly failures?: { readonly count: number; readonly name: string } | undefined;
};

export const noScaleMemory: ScaleMemory = { heardUntil: undefined, stopped: [], ours: [], pools: new Map() };
