import type { Clock } from "../clock.ts";
import { nameEnd } from "../model/clone-labels.ts";
import type { ScaleEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import type { Departures } from "./departures.ts";
import type { Grown } from "./grow.ts";
import type { Lives } from "./lives.ts";
import type { ScalerPorts } from "./ports.ts";
import { deniedProblem, notClonedProblem } from "./problems.ts";
import type { Leaver } from "./retire.ts";
import type { Source } from "./source.ts";
import { createStarts } from "./starts.ts";

/** A pool, and those in it that stay. */
export type Place = { readonly pool: string; readonly members: readonly ScaledMember[] };

/** Makes containers and takes them away, and writes down what it did and why. */
export type Crew = {
	/** One after the other, until one can't be made; gives how many were. Throws as the engine does. */
	readonly add: (
		source: Source,
		place: Place,
		by: number,
		why: string,
		signal: AbortSignal,
	) => Promise<number>;
	/** Begins to; each finishes in its own time. */
	readonly takeAway: (pool: string, going: readonly ScaledMember[], why: string, signal: AbortSignal) => void;
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
	readonly departures: Pick<Departures, "begin" | "keep" | "names">;
	readonly clock: Clock;
};

const deniedMs = 60_000;

export function createCrew({ ports: { replicas, record }, lives, departures, clock }: Parts): Crew {
	let problem: Problem | undefined;
	let deniedUntil = Number.NEGATIVE_INFINITY;
	const start = createStarts(replicas, clock);
	/** Ordinals whose names somebody else has. */
	const taken = new Set<number>();

	const add: Crew["add"] = async (source, { pool, members }, by, why, signal) => {
		const names = [
			...members.map(({ container }) => container.name),
			...lives.unseen(),
			...departures.names(),
		];
		let made = 0;
		for (const ordinal of freeOrdinals(names, taken, by)) {
			const grown = await start(source, ordinal, signal);
			problem = problemOf(grown, pool, source);
			if (grown.kind === "exists") taken.add(ordinal);
			if (grown.kind === "denied") deniedUntil = clock.now() + deniedMs;
			if (grown.kind !== "started") break;
			made += 1;
			lives.started(grown.id, grown.name, clock.now());
			tell("scale-up", pool, [grown], why);
		}
		return made;
	};

	const takeAway: Crew["takeAway"] = (pool, going, why, signal) => {
		for (const victim of going) {
			lives.retired(victim.container.id);
			void departures.begin(leaverOf(victim, pool), signal).then((end) => {
				if (end.kind !== "denied") return;
				deniedUntil = clock.now() + deniedMs;
				problem = deniedProblem(pool, end.message);
			});
		}
		const gone = going.map(({ container }) => container);
		tell("scale-down", pool, gone, why);
	};

	function tell(
		event: ScaleEvent["event"],
		pool: string,
		ones: readonly { readonly id: string; readonly name: string }[],
		why: string,
	): void {
		record(ones.map(({ id, name }) => ({ event, role: "backend", id, name, pool, address: "", why })));
	}

	return {
		add,
		takeAway,
		keep: (by, why) => {
			for (const kept of departures.keep(by)) tell("scale-up", kept.pool, [kept], `kept: ${why}`);
		},
		problem: () => problem,
		forget: () => {
			problem = undefined;
		},
		isDenied: () => clock.now() < deniedUntil,
	};
}

function problemOf(grown: Grown, pool: string, { template }: Source): Problem | undefined {
	if (grown.kind === "denied") return deniedProblem(pool, grown.message);
	return grown.kind === "refused" ? notClonedProblem(template.name, grown.refusals) : undefined;
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

function leaverOf({ container, clone, server, drainMs }: ScaledMember, pool: string): Leaver {
	const { id, name, stopTimeout, startedAt } = container;
	const isClone = clone !== undefined;
	return { id, name, pool, server: server ?? "", drainMs, stopTimeout, startedAt, isClone };
}
