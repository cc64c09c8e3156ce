import { join } from "node:path";
import * as v from "valibot";
import type { Problem } from "../model/problem.ts";
import { openKeptMap } from "./kept-map.ts";

/**
 * The containers that we have stopped ourselves and start again when they are needed, by id: the start that ended so, as
 * Docker's `StartedAt`. Kept in the state directory: Docker does not tell them from those that a person has stopped.
 */
export type Asleep = {
	readonly all: () => ReadonlyMap<string, string>;
	/** Counts at once; undefined: it is awake, or gone. */
	readonly set: (id: string, startedAt: string | undefined) => void;
	/** Forgets those that are gone for certain. Rejects as `isGone` does. */
	readonly prune: (isGone: (id: string) => Promise<boolean>) => Promise<void>;
	/** Tries again what went wrong, if anything did; gives what keeps it from outliving the controller. Never throws. */
	readonly keep: () => Promise<readonly Problem[]>;
};

/** A file that can't be read is none: who is not known to be asleep is as one that a person has stopped. */
export async function openAsleep(stateDir: string): Promise<Asleep> {
	const file = join(stateDir, "asleep.json");
	const kept = await openKeptMap(file, v.string());

	function set(id: string, startedAt: string | undefined): void {
		if (kept.all().get(id) !== startedAt) void kept.set(id, startedAt);
	}

	return {
		all: kept.all,
		set,
		prune: async (isGone) => {
			for (const id of kept.all().keys()) if (await isGone(id)) set(id, undefined);
		},
		keep: async () => {
			const fault = await kept.keep();
			return fault === undefined ? [] : [notKept(file, fault)];
		},
	};
}

function notKept(file: string, fault: string): Problem {
	return {
		code: "scale-not-kept",
		severity: "problem",
		subject: file,
		message: `who is asleep can't be written there: ${fault}; a controller that is started anew takes them for stopped by people`,
		hint: "make room on the volume of the state directory, or make it writable; it is tried again by itself",
	};
}
