import type { Clock } from "../clock.ts";
import type { ScaleMemory } from "../model/scale-memory.ts";
import { type CatchUp, createCatchUp } from "./catch-up.ts";

/** What the engine tells of one container's life. */
export type LifeEvent = {
	readonly containerId: string;
	readonly action: string;
	/** By the engine's clock, in milliseconds since 1970. */
	readonly at?: number;
};

/** How a container came to its end: by itself, or because a person wanted it. */
export type Ends = Pick<CatchUp, "follows" | "rounds" | "isDue" | "settle"> & {
	readonly note: (event: LifeEvent) => void;
	/** `wanted`: it was stopped or removed; `failed`: it ended by itself, or was killed; `unknown`: too early to tell. */
	readonly of: (id: string) => "wanted" | "failed" | "unknown";
	/** Its end, if it comes, is our own doing. */
	readonly ours: (id: string) => void;
	/** It stays after all. */
	readonly notOurs: (id: string) => void;
	readonly isOurs: (id: string) => boolean;
	/** Somebody has sent it a signal since its last start that was heard of. */
	readonly isSignalled: (id: string) => boolean;
	/** An earlier controller was taking it away, or had; it may not have come to the end of that. */
	readonly wasOurs: (id: string) => boolean;
	/** It has ended since its last start that was heard of. */
	readonly hasEnded: (id: string) => boolean;
	/** Docker has it no more. */
	readonly isRemoved: (id: string) => boolean;
	/** Nothing was heard that says how it ended, if it has. */
	readonly isUnheard: (id: string) => boolean;
	/** For a later controller. */
	readonly kept: () => Kept;
};

type Kept = Pick<ScaleMemory, "heardUntil" | "stopped" | "ours">;

/**
 * Docker tells a `docker stop` by its last word alone: signal (`kill`), end (`die`), `stop`; a `docker rm --force` by
 * `destroy`, and a `docker kill` by neither. So after a signal and an end, what else there is to hear is waited for, for so
 * many milliseconds; an end without a signal is nobody's wish.
 */
const lastWordMs = 1_000;
/** How long one may take to end that was told to, in milliseconds. */
const mostPatienceMs = 600_000;
/** What Docker has no more is asked about for so long, in milliseconds; containers come and go for as long as an engine runs. */
const rememberedMs = 600_000;

/** Of each kind so many are kept, the latest. */
const mostKept = 1_000;

type Life = {
	readonly signalledAt: number | undefined;
	readonly endedAt: number | undefined;
	readonly wanted: boolean;
	readonly removedAt: number | undefined;
};

const alive: Life = { signalledAt: undefined, endedAt: undefined, wanted: false, removedAt: undefined };

/** @param before by an earlier controller: what has happened since then is about to be noted */
export function createEnds(clock: Pick<Clock, "now">, before?: Kept): Ends {
	const stopped = before?.stopped.map((id) => [id, { ...alive, wanted: true }] as const);
	const lives = new Map<string, Life>(stopped);
	const own = new Set<string>();
	const ownBefore = new Set(before?.ours);
	let heardUntil = before?.heardUntil;
	const catchUp = createCatchUp(clock, heardUntil === undefined);

	function note({ containerId: id, action, at }: LifeEvent): void {
		heardUntil = at ?? heardUntil;
		if (action === "start") forget(id);
		// The earlier controller is not there to send it.
		if (action === "kill" && catchUp.isTold()) ownBefore.delete(id);
		step(id, action);
	}

	function step(id: string, action: string): void {
		const life = lifeAfter(lives.get(id) ?? alive, action, clock.now());
		if (life !== undefined) lives.set(id, life);
		if (action !== "destroy") return;
		for (const [other, { removedAt = Number.POSITIVE_INFINITY }] of lives)
			if (clock.now() - removedAt >= rememberedMs) forget(other);
	}

	function forget(id: string): void {
		for (const known of [own, ownBefore, lives]) known.delete(id);
	}

	function kept(): Kept {
		const isThere = (id: string) => lives.get(id)?.removedAt === undefined;
		const wanted = [...lives.keys()].filter((id) => lives.get(id)?.wanted);
		const latest = (ids: readonly string[]) => ids.filter(isThere).slice(-mostKept);
		return { heardUntil, stopped: latest(wanted), ours: latest([...ownBefore.union(own)]) };
	}

	function isUnheard(id: string): boolean {
		const { signalledAt, endedAt } = lives.get(id) ?? alive;
		return of(id) !== "wanted" && signalledAt === undefined && endedAt === undefined;
	}

	function of(id: string): ReturnType<Ends["of"]> {
		const life = lives.get(id) ?? alive;
		if (life.wanted || own.has(id)) return "wanted";
		return clock.now() >= certainAt(life, catchUp) ? "failed" : "unknown";
	}

	return {
		note,
		...catchUp,
		of,
		ours: (id) => void own.add(id),
		notOurs: (id) => void own.delete(id),
		isOurs: (id) => own.has(id) || ownBefore.has(id),
		isSignalled: (id) => lives.get(id)?.signalledAt !== undefined,
		wasOurs: (id) => ownBefore.has(id),
		hasEnded: (id) => lives.get(id)?.endedAt !== undefined,
		isRemoved: (id) => lives.get(id)?.removedAt !== undefined,
		isUnheard,
		kept,
	};
}

/** Undefined for what is no step towards an end. */
function lifeAfter(life: Life, action: string, now: number): Life | undefined {
	switch (action) {
		case "kill":
			return { ...life, signalledAt: now };
		case "die":
			return { ...life, endedAt: now };
		case "stop":
			return { ...life, wanted: true };
		// `--rm` removes what has ended by itself, too.
		case "destroy":
			return { ...life, wanted: life.wanted || life.signalledAt !== undefined, removedAt: now };
		default:
			return undefined;
	}
}

/** When all has been heard that may tell a wish from a failure. */
function certainAt({ signalledAt, endedAt }: Life, { isSettled }: CatchUp): number {
	if (signalledAt === undefined)
		return endedAt ?? (isSettled() ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY);
	// Its last words may have come while nobody listened.
	return endedAt === undefined ? signalledAt + mostPatienceMs : endedAt + lastWordMs;
}
