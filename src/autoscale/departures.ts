import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import type { Ends } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";
import { type Leaver, retire } from "./retire.ts";

/** Those of one pool that are on their way out. */
export type Departures = {
	/** Begins, and goes on beside everything else. Gives what it came to; what fails is told, and never thrown. */
	readonly begin: (leaver: Leaver, signal: AbortSignal) => Promise<Parting>;
	/** Likewise one that is of no use to anybody: it can't be kept, and keeps its name until it is removed. */
	readonly discard: (leaver: Leaver, signal: AbortSignal) => Promise<Parting>;
	/**
	 * Those who are not on their way out. One that has gone counts as going until a pass has found that out, too: it is no
	 * newcomer.
	 */
	readonly staying: (members: readonly ScaledMember[]) => readonly ScaledMember[];
	/** Whether somebody is on the way still. */
	readonly isGoingOn: () => boolean;
	/** Of those that are on their way: the names of their servers, and their own. */
	readonly servers: () => ReadonlySet<string>;
	readonly names: () => readonly string[];
	/** How many originals are told to stop, and are no sleepers yet by what the latest pass has found. */
	readonly fallingAsleep: () => number;
	/** How many are draining, and can be kept. */
	readonly draining: () => number;
	/** Keeps the latest of them after all, so many at most; gives who. */
	readonly keep: (most: number) => readonly Leaver[];
};

type Parting = Awaited<ReturnType<typeof retire>>;

type Departure = { readonly leaver: Leaver; state: "draining" | "stopping" | "kept" | "gone" };

type Parts = {
	readonly ports: ScalerPorts;
	readonly ends: Ends;
	readonly clock: Clock;
	readonly log: Log;
};

export function createDepartures({ ports, ends, clock, log }: Parts): Departures {
	const all = new Map<string, Departure>();
	const those = (...states: readonly Departure["state"][]) =>
		[...all.values()].filter(({ state }) => states.includes(state));

	async function begin(leaver: Leaver, signal: AbortSignal): Promise<Parting> {
		const before = all.get(leaver.id);
		// It was kept, and has not learnt of it yet.
		if (before?.state === "kept") before.state = "draining";
		if (before?.state === "draining") return { kind: "kept" };
		return await depart({ leaver, state: "draining" }, signal);
	}

	async function depart(departure: Departure, signal: AbortSignal): Promise<Parting> {
		const { leaver } = departure;
		all.set(leaver.id, departure);
		ends.ours(leaver.id);
		const stay = {
			isKept: () => departure.state === "kept",
			tooLate: () => {
				departure.state = "stopping";
				// It counts as asleep from now on: with nobody in it, the pool is not to be forgotten.
				// Unless a person has told it to stop by now.
				if (leaver.isClone) return;
				if (ends.isSignalled(leaver.id)) ends.notOurs(leaver.id);
				else ports.asleep.set(leaver.id, leaver.startedAt);
			},
		};
		const end = await retire(leaver, ports, clock, stay, signal).catch((thrown: unknown) => {
			// Still there, it is counted again, and may be chosen again.
			if (!signal.aborted)
				log.warn({ container: leaver.name }, `it could not be taken away: ${messageOf(thrown)}`);
			return { kind: "kept" } as const;
		});
		departure.state = "gone";
		if (end.kind !== "gone") {
			ends.notOurs(leaver.id);
			// The engine goes on with what it was told when we end.
			if (!leaver.isClone && !signal.aborted) ports.asleep.set(leaver.id, undefined);
			all.delete(leaver.id);
		}
		return end;
	}

	function staying(members: readonly ScaledMember[]): readonly ScaledMember[] {
		const starts = new Map(members.map(({ container }) => [container.id, container.startedAt]));
		for (const { leaver } of those("gone")) {
			if (starts.get(leaver.id) === leaver.startedAt) continue;
			all.delete(leaver.id);
			ports.hold(leaver.id, undefined);
		}
		return members.filter(({ container }) => (all.get(container.id)?.state ?? "kept") === "kept");
	}

	function keep(most: number): readonly Leaver[] {
		const latest = those("draining").slice(-most);
		for (const departure of latest) departure.state = "kept";
		return latest.map(({ leaver }) => leaver);
	}

	return {
		begin,
		discard: async (leaver, signal) => await depart({ leaver, state: "stopping" }, signal),
		staying,
		isGoingOn: () => those("draining", "stopping", "kept").length > 0,
		servers: () => new Set(those("draining", "stopping").map(({ leaver }) => leaver.server)),
		names: () => [...all.values()].map(({ leaver }) => leaver.name),
		fallingAsleep: () => those("stopping", "gone").filter(({ leaver }) => !leaver.isClone).length,
		draining: () => those("draining").length,
		keep,
	};
}
