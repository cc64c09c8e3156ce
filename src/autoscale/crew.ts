import type { Clock } from "../clock.ts";
import { nameEnd } from "../model/clone-labels.ts";
import type { ScaleEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaledMember, ScaledPool } from "../model/scaled-pools.ts";
import type { Departures } from "./departures.ts";
import type { Lives } from "./lives.ts";
import { createObstacle } from "./obstacle.ts";
import type { ScalerPorts } from "./ports.ts";
import type { Leaver } from "./retire.ts";
import type { Source } from "./source.ts";
import { createStarter } from "./starter.ts";

/** A pool, those in it that stay, and those that can be started again. */
export type Place = Pick<ScaledPool, "pool" | "members" | "sleeping">;

/** Makes containers, wakes them and takes them away, and writes down what it did and why. */
export type Crew = {
	/** Those that sleep first; one after the other, until one can't be started. Gives how many were. Throws as the engine does. */
	readonly add: (
		source: Source,
		place: Place,
		by: number,
		why: string,
		signal: AbortSignal,
	) => Promise<number>;
	/** Begins to; each finishes in its own time. `isLast`: nobody would be left, so it goes only with nothing in flight. */
	readonly takeAway: (
		pool: string,
		going: readonly ScaledMember[],
		why: string,
		signal: AbortSignal,
		isLast?: boolean,
	) => void;
	/** Removes a clone that is of no use to anybody. */
	readonly discard: (leaver: Leaver, why: string, signal: AbortSignal) => Promise<void>;
	/** Keeps some of those that are going. */
	readonly keep: (by: number, why: string) => void;
	/** Why no clone could be made, or none taken away. */
	readonly problem: () => Problem | undefined;
	/** Another original, another try. */
	readonly forget: () => void;
	/** The engine has refused a change, and is not asked for another for a while. */
	readonly isDenied: () => boolean;
};

type Parts = {
	readonly ports: Pick<ScalerPorts, "replicas" | "record">;
	readonly lives: Pick<Lives, "started" | "retired" | "unseen">;
	readonly departures: Pick<Departures, "begin" | "discard" | "keep" | "names" | "fallingAsleep">;
	readonly clock: Clock;
	readonly isInDoubt: (source: Source) => boolean;
};

export function createCrew(parts: Parts): Crew {
	const { lives, departures, clock } = parts;
	const { replicas, record } = parts.ports;
	const tell = tellTo(record);
	const obstacle = createObstacle(clock);
	const starter = createStarter({ ...parts, replicas, obstacle });
	/** Ordinals whose names somebody else has. */
	const taken = new Set<number>();

	const add: Crew["add"] = async (source, place, by, why, signal) => {
		const leaving = departures.names();
		const awake = place.sleeping.filter(({ container }) => !leaving.includes(container.name));
		const woken = awake.slice(0, by);
		for (const [index, one] of woken.entries()) {
			if (!(await starter.wake(one, place.pool, signal))) return index;
			tell("scale-up", place.pool, [one.container], `woken: ${why}`);
		}
		// One that is about to have stopped can be woken in a moment.
		const clones = by - woken.length - departures.fallingAsleep();
		return woken.length + (await clone(source, place, clones, why, signal));
	};

	const clone: Crew["add"] = async (source, { pool, members }, by, why, signal) => {
		const names = [
			...members.map(({ container }) => container.name),
			...lives.unseen(),
			...departures.names(),
		];
		let made = 0;
		for (const ordinal of freeOrdinals(names, taken, by)) {
			const grown = await starter.clone(source, ordinal, pool, signal);
			if (grown.kind === "exists") taken.add(ordinal);
			if (grown.kind !== "started") break;
			made += 1;
			tell("scale-up", pool, [grown], why);
		}
		return made;
	};

	const takeAway: Crew["takeAway"] = (pool, going, why, signal, isLast = false) => {
		for (const victim of going) {
			lives.retired(victim.container.id);
			void departures
				.begin({ ...leaverOf(victim, pool), isLast }, signal)
				.then((end) => obstacle.answered(pool, end));
			tell("scale-down", pool, [victim.container], why);
		}
	};

	const discard: Crew["discard"] = async (leaver, why, signal) => {
		tell("scale-down", leaver.pool, [leaver], why);
		obstacle.answered(leaver.pool, await departures.discard(leaver, signal));
	};

	return {
		add,
		takeAway,
		discard,
		keep: (by, why) => {
			for (const kept of departures.keep(by)) tell("scale-up", kept.pool, [kept], `kept: ${why}`);
		},
		problem: obstacle.problem,
		forget: () => obstacle.met(undefined),
		isDenied: obstacle.isDenied,
	};
}

function tellTo(record: ScalerPorts["record"]) {
	return (
		event: ScaleEvent["event"],
		pool: string,
		ones: readonly { readonly id: string; readonly name: string }[],
		why: string,
	): void =>
		record(ones.map(({ id, name }) => ({ event, role: "backend", id, name, pool, address: "", why })));
}

/** Those of who is there, of who is not seen yet, and of who has not gone yet are in use. */
function freeOrdinals(
	names: readonly string[],
	taken: ReadonlySet<number>,
	count: number,
): readonly number[] {
	const isFree = (ordinal: number) =>
		!taken.has(ordinal) && !names.some((name) => name.endsWith(nameEnd(ordinal)));
	const free: number[] = [];
	for (let ordinal = 1; free.length < count; ordinal += 1) if (isFree(ordinal)) free.push(ordinal);
	return free;
}

function leaverOf(
	{ container, clone, server, drainMs, isBound }: ScaledMember,
	pool: string,
): Omit<Leaver, "isLast"> {
	const { id, name, stopTimeout, startedAt } = container;
	const isClone = clone !== undefined;
	return { id, name, pool, server: server ?? "", drainMs, isBound, stopTimeout, startedAt, isClone };
}
