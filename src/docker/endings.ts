import type { Container, Ending } from "../model/container.ts";
import type { DockerEvent } from "./events.ts";
import type { Known } from "./knowledge.ts";
import type { Told } from "./leaving.ts";
import type { Found } from "./look.ts";

/** `exitCode` is undefined while it lives, and has only been out of memory. */
type Noted = { readonly exitCode: number | undefined; readonly outOfMemory: boolean };

/** What a read would have missed, and events have told. */
export type PastEndings = {
	/**
	 * Of those that were up and are not found any more: what an inspect would have said between their end and their removal.
	 */
	readonly departed: readonly Container[];
	/** By id, of those that were up and are found in a later start: how the start that was read before ended. */
	readonly restarted: ReadonlyMap<string, Ending>;
};

/**
 * How containers ended, for those that are gone before they are read (`docker run --rm`, `docker rm --force`), or have been
 * started again by then (a restart policy, `docker restart`).
 */
export type Endings = {
	readonly note: (event: DockerEvent) => void;
	/** What was read, over what was known before. */
	readonly read: (found: readonly Found[], known: Known) => void;
	/** What reads have found out since `recorded` was last called. */
	readonly past: () => PastEndings;
	/** The ids of those that a read has found ended, which is not recorded yet. */
	readonly unrecorded: () => Iterable<string>;
	readonly recorded: () => void;
};

const none: PastEndings = { departed: [], restarted: new Map() };

export function createEndings(told: Pick<Told, "leaving">): Endings {
	/** By id, of the start that was read last: what a later one comes to meanwhile is not kept. */
	const endings = new Map<string, Noted>();
	let past = none;
	/** By id, how those ended that a read has found ended: by the time that is recorded they may be up again, or gone. */
	const seen = new Map<string, Ending>();

	function note({ containerId: id, action, exitCode }: DockerEvent): void {
		const before = endings.get(id) ?? { exitCode: undefined, outOfMemory: false };
		if (before.exitCode !== undefined) return;
		if (action === "start") endings.delete(id);
		if (action === "oom") endings.set(id, { ...before, outOfMemory: true });
		if (exitCode !== undefined) endings.set(id, { ...before, exitCode });
	}

	/** A signal that was meant for the start before says more than an exit code. */
	function endsOf(present: Known, known: Known): PastEndings["restarted"] {
		const [before, now] = [told.leaving(known), told.leaving(present)];
		const ended = [...present.values()].flatMap((one) =>
			endOf(known.get(one.id), one, endings.get(one.id), seen.get(one.id)),
		);
		return new Map(
			ended.map(([id, ending]) => {
				return [
					id,
					{ ...ending, signal: now.has(id) ? undefined : (ending.signal ?? before.get(id)?.signal) },
				];
			}),
		);
	}

	/** What came in since the engine was asked stays for the next read, as this one may have looked earlier. */
	function forget(found: readonly Found[], known: Known): void {
		for (const { id, container } of found) {
			const isSameStart = container?.startedAt === known.get(id)?.startedAt;
			if (container === undefined || !runs(container) || !isSameStart) endings.delete(id);
		}
		for (const id of endings.keys()) if (!known.has(id)) endings.delete(id);
	}

	/** Of a start that was written down as one that serves, the first ending counts. */
	function read(found: readonly Found[], known: Known): void {
		const gone = found.filter(({ container }) => container === undefined);
		const present = found.flatMap(({ container }) => container ?? []);
		const departed = gone.flatMap(({ id }) => lastWords(known.get(id), endings.get(id), seen.get(id)));
		const restarted = endsOf(new Map(present.map((one) => [one.id, one])), known);
		forget(found, known);
		const leaving = told.leaving(known);
		for (const { id, state, exitCode, outOfMemory } of present) {
			const last = known.get(id);
			const signal = leaving.get(id)?.signal;
			if (last !== undefined && runs(last) && hasEnded(state))
				seen.set(id, { exitCode, outOfMemory, signal });
		}
		past = {
			departed: [...past.departed, ...departed],
			restarted: new Map([...restarted, ...past.restarted]),
		};
	}

	return {
		note,
		read,
		past: () => past,
		unrecorded: () => seen.keys(),
		recorded: () => {
			past = none;
			seen.clear();
		},
	};
}

function lastWords(
	last: Container | undefined,
	noted: Noted | undefined,
	seen: Ending | undefined,
): readonly Container[] {
	if (last === undefined) return [];
	if (seen !== undefined) return [{ ...last, state: "removing" }];
	if (noted === undefined || !runs(last)) return [];
	const { exitCode = 0, outOfMemory } = noted;
	return [{ ...last, state: "removing", exitCode, outOfMemory }];
}

/** Where no event told of the end, there was one all the same. */
function endOf(
	last: Container | undefined,
	now: Container,
	noted: Noted | undefined,
	seen: Ending | undefined,
): readonly (readonly [string, Ending])[] {
	if (last === undefined || last.startedAt === now.startedAt) return [];
	if (seen !== undefined && runs(now)) return [[now.id, seen]];
	if (!runs(last)) return [];
	return [[now.id, noted?.exitCode === undefined ? {} : noted]];
}

/** It has ended, whatever becomes of it. */
function hasEnded(state: Container["state"]): boolean {
	return state === "restarting" || state === "exited" || state === "dead";
}

/** One that waits for Docker to start it again has been read after its end. */
function runs({ state }: Container): boolean {
	return state === "running" || state === "paused";
}
