import type { Clock } from "../clock.ts";

/** What the engine tells of one container's life. */
export type LifeEvent = { readonly containerId: string; readonly action: string };

/** How a container came to its end: by itself, or because a person wanted it. */
export type Ends = {
	readonly note: (event: LifeEvent) => void;
	/** The engine's events are followed from now on, and those that were missed are about to come; or they are not, for now. */
	readonly follows: (isFollowing: boolean) => void;
	/** `wanted`: it was stopped or removed; `failed`: it ended by itself, or was killed; `unknown`: too early to tell. */
	readonly of: (id: string) => "wanted" | "failed" | "unknown";
	/** Its end, if it comes, is our own doing. */
	readonly ours: (id: string) => void;
	/** It stays after all. */
	readonly notOurs: (id: string) => void;
	readonly isOurs: (id: string) => boolean;
	/** It has ended since its last start that was heard of. */
	readonly hasEnded: (id: string) => boolean;
	/** Docker has it no more. */
	readonly isRemoved: (id: string) => boolean;
};

/**
 * Docker tells a `docker stop` by its last word alone: signal (`kill`), end (`die`), `stop`; a `docker rm --force` by
 * `destroy`, and a `docker kill` by neither. So after a signal and an end, what else there is to hear is waited for, for so
 * many milliseconds; an end without a signal is nobody's wish.
 */
const lastWordMs = 1_000;
/** How long one may take to end that was told to, in milliseconds. */
const mostPatienceMs = 600_000;
/** How long an end of which nothing was heard waits for events to be followed again, in milliseconds. */
const mostDeafMs = 10_000;
/** What Docker has no more is asked about for so long, in milliseconds; containers come and go for as long as an engine runs. */
const rememberedMs = 600_000;

type Life = {
	readonly signalledAt: number | undefined;
	readonly endedAt: number | undefined;
	readonly wanted: boolean;
	readonly removedAt: number | undefined;
};

const alive: Life = { signalledAt: undefined, endedAt: undefined, wanted: false, removedAt: undefined };

export function createEnds(clock: Pick<Clock, "now">): Ends {
	const lives = new Map<string, Life>();
	const own = new Set<string>();
	let isFollowing = true;
	/** From when on an end of which nothing was heard is one that nobody has wanted. */
	let certainFrom = Number.NEGATIVE_INFINITY;

	function note({ containerId: id, action }: LifeEvent): void {
		const life = lives.get(id) ?? alive;
		switch (action) {
			case "start":
				own.delete(id);
				lives.delete(id);
				break;
			case "kill":
				lives.set(id, { ...life, signalledAt: clock.now() });
				break;
			case "die":
				lives.set(id, { ...life, endedAt: clock.now() });
				break;
			case "stop":
				lives.set(id, { ...life, wanted: true });
				break;
			// `--rm` removes what has ended by itself, too.
			case "destroy":
				lives.set(id, {
					...life,
					wanted: life.wanted || life.signalledAt !== undefined,
					removedAt: clock.now(),
				});
				forget();
		}
	}

	function forget(): void {
		for (const [id, { removedAt }] of lives) {
			if (removedAt === undefined || clock.now() - removedAt < rememberedMs) continue;
			lives.delete(id);
			own.delete(id);
		}
	}

	function of(id: string): ReturnType<Ends["of"]> {
		const life = lives.get(id) ?? alive;
		if (life.wanted || own.has(id)) return "wanted";
		return clock.now() >= certainAt(life, certainFrom) ? "failed" : "unknown";
	}

	return {
		note,
		follows: (now) => {
			if (now || isFollowing) certainFrom = clock.now() + (now ? lastWordMs : mostDeafMs);
			isFollowing = now;
		},
		of,
		ours: (id) => void own.add(id),
		notOurs: (id) => void own.delete(id),
		isOurs: (id) => own.has(id),
		hasEnded: (id) => lives.get(id)?.endedAt !== undefined,
		isRemoved: (id) => lives.get(id)?.removedAt !== undefined,
	};
}

/** When all has been heard that may tell a wish from a failure. */
function certainAt({ signalledAt, endedAt }: Life, unheard: number): number {
	if (signalledAt === undefined) return endedAt ?? unheard;
	// Its last words may have come while nobody listened.
	return endedAt === undefined ? signalledAt + mostPatienceMs : endedAt + lastWordMs;
}
