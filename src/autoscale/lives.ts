import type { PoolMemory } from "../model/scale-memory.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import type { Ends } from "./ends.ts";

/** What has become of a pool's containers since it was last looked at. */
export type News = {
	/** Of those that we have started and clones that are servers for the first time: what that took, in milliseconds. */
	readonly ready: readonly number[];
	/**
	 * Clones that have ended by themselves, or did not become ready in time, and originals that we started and that ended before
	 * they were ready; `early`: before they ever were.
	 */
	readonly failed: readonly Failed[];
	/** How many are missing because a person wanted that, or may have: who is told to stop may take its time to do so. */
	readonly parked: number;
};

export type Failed = {
	readonly id: string;
	readonly name: string;
	readonly isClone: boolean;
	readonly early: boolean;
};

/** Follows the containers of one pool from start to end. */
export type Lives = {
	/** @param now milliseconds of a monotonic clock */
	readonly look: (members: readonly ScaledMember[], readyMs: number, now: number) => News;
	/** A clone was started, or an original woken; until it is seen among the members, its name is one of the `unseen`. */
	readonly started: (
		one: { readonly id: string; readonly name: string },
		isClone: boolean,
		now: number,
	) => void;
	readonly unseen: () => readonly string[];
	/** It went because we wanted it. */
	readonly retired: (id: string) => void;
	/** What people have stopped counts as missing again. */
	readonly forgive: () => void;
	/** For a later controller. */
	readonly kept: () => Kept;
};

type Kept = Pick<PoolMemory, "members" | "parked">;

type Life = {
	readonly name: string;
	readonly isClone: boolean;
	/** We have started it. */
	readonly isOurs: boolean;
	readonly since: number;
	/** False: no pass has found it. An original may take its time to be ready, but not for that: it is gone, or ended unheard. */
	readonly seen: boolean;
	readonly wasReady: boolean;
};

/** @param kept by an earlier controller: who was there then, and had been ready */
export function createLives(
	ends: Pick<Ends, "of" | "isOurs" | "hasEnded">,
	kept: Kept = { members: [], parked: [] },
): Lives {
	const lives = new Map<string, Life>(
		kept.members.map(({ id, ...one }) => [
			id,
			{ ...one, isOurs: false, since: 0, seen: true, wasReady: true },
		]),
	);
	const parked = new Set(kept.parked);

	function look(members: readonly ScaledMember[], readyMs: number, now: number): News {
		const hasNewOriginal = members.some(isNewOriginal);
		const ready = members.flatMap((member) => seen(member, now));
		const present = new Set(members.map(({ container }) => container.id));
		const isLate = (one: Life) => (one.isClone || !one.seen) && !one.wasReady && now - one.since > readyMs;
		const ended = [...lives].flatMap(([id, life]) => {
			// One that was just made is in no list yet, and may never come to be in one.
			const isThere = present.has(id) || !(life.seen || ends.hasEnded(id));
			const end = endOf(id, isThere, isLate(life));
			return end === "unknown" ? [] : [{ id, life, end }];
		});
		for (const { id, end } of ended) {
			lives.delete(id);
			if (end === "wanted" && !ends.isOurs(id)) parked.add(id);
		}
		// Whoever brings another original asks anew: `compose up` stops the old one first.
		if (hasNewOriginal) parked.clear();
		const failed = ended.filter(({ end }) => end === "failed").flatMap(failedOf);
		const undecided = [...lives].filter(([id, { seen }]) => seen && !present.has(id)).length;
		return { ready, failed, parked: parked.size + undecided };
	}

	const isNewOriginal = ({ container: { id }, clone }: ScaledMember) =>
		clone === undefined && !lives.has(id) && !parked.has(id);

	/** Gives how long it took, when it is ready for the first time. */
	function seen(
		{ container: { id, name }, clone, server, failed }: ScaledMember,
		now: number,
	): readonly number[] {
		parked.delete(id);
		const isClone = clone !== undefined;
		// Of one that was found, and not started by us, nobody knows what it was before it failed.
		const found = { name, isClone, isOurs: false, since: now, seen: true, wasReady: failed };
		const before = lives.get(id) ?? found;
		const isReady = server !== undefined;
		const isNews = isReady && !before.wasReady && (isClone || before.isOurs) && before.since !== now;
		lives.set(id, { ...before, seen: true, wasReady: before.wasReady || isReady });
		return isNews ? [now - before.since] : [];
	}

	/** `unknown` while it lives, and while it can't be told how it ended. */
	function endOf(id: string, isPresent: boolean, isLate: boolean): ReturnType<Ends["of"]> {
		if (isLate) return "failed";
		return isPresent ? "unknown" : ends.of(id);
	}

	return {
		look,
		started: ({ id, name }, isClone, now) => {
			const life = { name, isClone, isOurs: true, since: now, seen: false, wasReady: false };
			if (!lives.has(id)) lives.set(id, life);
		},
		unseen: () => [...lives.values()].filter((life) => !life.seen).map(({ name }) => name),
		retired: (id) => lives.delete(id),
		forgive: () => parked.clear(),
		kept: () => {
			const known = [...lives].filter(([, { seen, isClone, wasReady }]) => seen && (wasReady || !isClone));
			const members = known.map(([id, { name, isClone }]) => ({ id, name, isClone }));
			return { members, parked: [...parked] };
		},
	};
}

/** An original is news where it did not come to be what we started it for. */
function failedOf({ id, life }: { readonly id: string; readonly life: Life }): readonly Failed[] {
	const { name, isClone, isOurs, wasReady } = life;
	return isClone || (isOurs && !wasReady) ? [{ id, name, isClone, early: !wasReady }] : [];
}
