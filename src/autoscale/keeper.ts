import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { LabelLanguage } from "../model/labels.ts";
import type { PoolLoad } from "../model/pool-load.ts";
import type { Problem } from "../model/problem.ts";
import type { ScaleDecision } from "../model/scale.ts";
import type { PoolMemory } from "../model/scale-memory.ts";
import { asOrdered, type ScaleOrder } from "../model/scale-order.ts";
import type { ScaledMember, ScaledPool } from "../model/scaled-pools.ts";
import { createComplaints } from "./complaints.ts";
import { startingClones } from "./counts.ts";
import { type Crew, createCrew, type Place } from "./crew.ts";
import { createDecider } from "./decider.ts";
import { createDeed } from "./deed.ts";
import { createDepartures } from "./departures.ts";
import { createDiary } from "./diary.ts";
import type { Ends } from "./ends.ts";
import { createExperience } from "./experience.ts";
import { createGauge } from "./gauge.ts";
import { createLives, type Failed, type News } from "./lives.ts";
import type { ScalerPorts } from "./ports.ts";
import { createProcessors } from "./processors.ts";
import type { Room } from "./room.ts";
import { createSleepers } from "./sleepers.ts";
import { isInDoubt, type Marking, type Source, sourceKept, sourceOf } from "./source.ts";
import { uncloneable } from "./uncloneable.ts";

/** Keeps one pool at the size that is asked for. */
export type Keeper = {
	/** What HAProxy has counted at that time; undefined: it did not answer. */
	readonly sampled: (load: PoolLoad | undefined, at: number) => void;
	/**
	 * Decides, and begins to do what was decided; gives how many it has started. Where another proxy `leads`, it only decides.
	 * Throws `AppError` as the engine does.
	 */
	readonly turn: (pool: ScaledPool, room: Room, leads: boolean, signal: AbortSignal) => Promise<number>;
	/** How many of its clones are not ready yet. */
	readonly starting: (pool: ScaledPool) => number;
	readonly decisions: () => readonly ScaleDecision[];
	readonly problems: () => readonly Problem[];
	/** Requests wait for a server. */
	readonly isWaitedFor: () => boolean;
	/** Why they do so in vain, as far as that is known. */
	readonly excuse: () => string;
	/** Nobody asks for anything any more, and all that was to go has gone. */
	readonly isDone: () => boolean;
	/** For a later controller; undefined where nobody asks for anything. */
	readonly memory: () => PoolMemory | undefined;
};

export type KeeperParts = {
	readonly ports: ScalerPorts;
	readonly ends: Ends;
	readonly clock: Clock;
	readonly log: Log;
	readonly marking: Marking;
	readonly language: LabelLanguage;
};

/** For one that was never of use: Docker's own default. */
const graceSeconds = 10;
/** `docker restart` and `compose up` take an original away and bring it, or another, back; in milliseconds. */
const comebackMs = 10_000;

/** @param kept by an earlier controller: it goes on where that one has ended */
export function createKeeper(parts: KeeperParts, kept?: PoolMemory): Keeper {
	const { ports, ends, clock, log, marking, language } = parts;
	const processors = createProcessors({ usage: ports.usage, clock, log });
	const [gauge, diary] = [createGauge(processors.share), createDiary(log)];
	const experience = createExperience(kept?.failures, clock.now());
	const [lives, departures] = [createLives(ends, kept), createDepartures(parts)];
	const asRemembered = createSleepers({ asleep: ports.asleep, ends });
	const inDoubt = (its: Source) => isInDoubt(its, ports.draft(), ends);
	const crew = createCrew({ ...parts, lives, departures, isInDoubt: inDoubt });
	const deed = createDeed(crew, gauge.load);
	const decider = createDecider({ ...parts, gauge, processors, experience, lives, departures, deed, diary });
	let [source, ordered] = [kept && sourceKept(kept, language, marking), kept?.ordered];
	/** Since when nobody asks for a size. */
	let aloneSince: number | undefined;
	const complaints = createComplaints({
		found: () => [experience.problem(), crew.problem(), uncloneable(source, ordered)],
		held: () => gauge.load()?.held,
		latest: () => diary.all().at(-1),
	});

	const turn: Keeper["turn"] = async (found, room, leads, signal) => {
		const pool = asRemembered(found);
		const { readyMs } = (pool.asked ?? source?.asked)?.policy ?? { readyMs: Number.POSITIVE_INFINITY };
		const news = lives.look(departures.staying(pool.members), readyMs, clock.now());
		experience.heed(news, clock.now(), pool.sleeping);
		if (leads) await clear(news, { ...pool, readyMs }, { crew, ends }, signal);
		const place = { ...pool, members: departures.staying(pool.members) };
		const next = await sourceOf(pool.asked, source, { ...ports, ends, marking }, signal);
		if (next === undefined) {
			letGo(place, leads, signal);
			return 0;
		}
		heed(next, ports.order(pool.pool));
		processors.follow(asOrdered(next.asked.policy, ordered), place, gauge.load(), signal);
		const elsewhere = await inFlightOfLast(place, diary.all().at(-1), ports, signal);
		const mayAct = leads && !crew.isDenied();
		const decision = decider.decide(mayAct ? next : advised(next), place, { ...news, room, elsewhere });
		return decision.advice || !mayAct ? 0 : await deed.act(next, place, decision, signal);
	};

	/** What people had stopped before they said how many they want counts as missing again. */
	function heed(next: Source, order: ScaleOrder | undefined): void {
		if (next.generation !== source?.generation) experience.forget();
		if (next.template.id !== source?.template.id) crew.forget();
		if (order !== ordered) lives.forgive();
		[source, ordered, aloneSince] = [next, order, undefined];
	}

	/** Nobody asks for a size any more. The one who did may come back, and would find nobody to share the load with. */
	function letGo({ pool, members }: Place, leads: boolean, signal: AbortSignal): void {
		if (source && inDoubt(source)) return;
		aloneSince ??= clock.now();
		if (clock.now() - aloneSince < comebackMs) return;
		source = undefined;
		for (const one of [decider, experience, crew]) one.forget();
		if (leads && !crew.isDenied()) crew.takeAway(pool, clonesOf(members), "its original has gone", signal);
	}

	return {
		sampled: (load, at) => gauge.sampled(load, at, departures.servers()),
		turn,
		starting: ({ members }) => startingClones(departures.staying(members), gauge.load(), lives.unseen()),
		decisions: diary.all,
		...complaints,
		memory: () => source && { ...memoryOf(source), ordered, ...lives.kept(), failures: experience.kept() },
		isDone: () => source === undefined && !departures.isGoingOn(),
	};
}

function clonesOf(members: readonly ScaledMember[]): readonly ScaledMember[] {
	return members.filter(({ clone }) => clone !== undefined);
}

function memoryOf({ asked: { original }, template }: Source): Pick<PoolMemory, "original" | "template"> {
	return { original, template };
}

/** The same, for one who only tells what it would do: the law is not to take it for done. */
function advised(source: Source): Source {
	const { asked } = source;
	const mode = asked.policy.mode === "paused" ? "paused" : "advise";
	return { ...source, asked: { ...asked, policy: { ...asked.policy, mode } } };
}

/**
 * Clones that have ended are of no use to anybody, and neither are those that never came to be. One that runs takes its time to
 * stop, which nobody has to wait for; one that does not makes room for its name at once.
 */
async function clear(
	{ failed }: News,
	{ pool, members, readyMs }: ScaledPool & { readonly readyMs: number },
	{ crew, ends }: { readonly crew: Pick<Crew, "discard" | "isDenied">; readonly ends: Ends },
	signal: AbortSignal,
): Promise<void> {
	const canTry = ({ id }: Failed) => !crew.isDenied() || ends.hasEnded(id);
	for (const { id, name, early } of failed.filter((one) => one.isClone && canTry(one))) {
		const hasEnded = ends.hasEnded(id);
		const before = hasEnded
			? "it ended before it was ever ready"
			: `it took no requests within ${readyMs / 1_000} s`;
		const startedAt = members.find(({ container }) => container.id === id)?.container.startedAt ?? "";
		const leaver = { id, name, pool, startedAt, server: "", isClone: true, isLast: false, isBound: false };
		const useless = { ...leaver, drainMs: 0, stopTimeout: graceSeconds };
		const gone = crew.discard(useless, early ? before : "it has failed", signal);
		if (hasEnded) await gone;
	}
}

/** Once the last one is idle by all that samples say: in all of HAProxy's processes. Undefined: it is not, or nobody knows. */
async function inFlightOfLast(
	{ pool, members }: Place,
	before: ScaleDecision | undefined,
	{ inFlight }: Pick<ScalerPorts, "inFlight">,
	signal: AbortSignal,
): Promise<number | undefined> {
	const [last, ...others] = members;
	if (last?.server === undefined || others.length > 0) return undefined;
	if (before === undefined || before.quietMs < before.policy.idleMs) return undefined;
	const now = await inFlight(pool, last.server, signal).catch(() => undefined);
	return now && now.open + now.queued;
}
