import type { PoolLoad } from "../model/pool-load.ts";
import type { ScaleDecision } from "../model/scale.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import { victims } from "../model/victims.ts";
import { servingOf } from "./counts.ts";
import type { Crew, Place } from "./crew.ts";
import type { Source } from "./source.ts";

/** Does what was decided; where nothing was, clones of an older generation give way to those of this. */
export type Deed = {
	/** Gives how many were started. */
	readonly act: (
		source: Source,
		place: Place,
		decision: ScaleDecision,
		signal: AbortSignal,
	) => Promise<number>;
	/** One was made to take the place of another, which has not gone yet: there is one more than there would be. */
	readonly isRenewing: () => boolean;
};

export function createDeed(
	crew: Pick<Crew, "add" | "takeAway" | "keep">,
	load: () => PoolLoad | undefined,
): Deed {
	/** How many of this generation were ready before the one was made that is to take a place. */
	let readyBefore: number | undefined;

	/** One after the other: first the new one, and once it is ready the old one goes. */
	const renew: Deed["act"] = async (source, place, decision, signal) => {
		const old = place.members.find((one) => isStale(one, source));
		const ready = place.members.filter((one) => isOf(one, source) && one.server !== undefined).length;
		const isReplaced = readyBefore !== undefined && ready > readyBefore;
		readyBefore = undefined;
		if (old === undefined) return 0;
		const why = "its original is another by now";
		if (isReplaced) return takeAway(place, [old], why, signal);
		// One that never came to be ready: the next is tried as late as any other.
		const { backOffUntil, frozen, observed } = decision;
		if (backOffUntil !== undefined || frozen || observed.canStart <= 0) return 0;
		const made = await crew.add(source, place, 1, why, signal);
		readyBefore = made > 0 ? ready : undefined;
		return made;
	};

	function takeAway(
		{ pool }: Place,
		going: readonly ScaledMember[],
		why: string,
		signal: AbortSignal,
		isLast = false,
	): 0 {
		crew.takeAway(pool, going, why, signal, isLast);
		return 0;
	}

	const act: Deed["act"] = async (source, place, decision, signal) => {
		const { kind, by, why, observed, policy } = decision;
		switch (kind) {
			case "un-drain":
				crew.keep(by, why);
				return 0;
			case "mend":
			case "up":
				return await crew.add(source, place, by, why, signal);
			case "down": {
				const order = victims(place.members, source.generation, servingOf(load()));
				return takeAway(place, order.slice(0, by), why, signal, by === place.members.length);
			}
			case "hold": {
				const isQuiet = observed.starting + observed.draining === 0;
				return isQuiet && policy.mode !== "paused" ? await renew(source, place, decision, signal) : 0;
			}
		}
	};

	return { act, isRenewing: () => readyBefore !== undefined };
}

/** A clone of what its original was before, or of another original. Of one that can't be cloned there is nothing better. */
export function isStale(member: ScaledMember, source: Source): boolean {
	return member.clone !== undefined && source.generation !== undefined && !isOf(member, source);
}

function isOf({ clone }: ScaledMember, { generation }: Source): boolean {
	return clone !== undefined && clone.generation === generation;
}
