import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Sleeper } from "../model/scaled-pools.ts";
import type { Grown } from "./grow.ts";
import type { Lives } from "./lives.ts";
import type { Obstacle } from "./obstacle.ts";
import type { ReplicasPort } from "./ports.ts";
import { notClonedProblem, notMadeProblem, notStartedProblem } from "./problems.ts";
import type { Source } from "./source.ts";
import { createStarts } from "./starts.ts";

/** Starts one more container of a pool, and remembers what came of it. Both throw as the engine does. */
export type Starter = {
	readonly clone: (source: Source, ordinal: number, pool: string, signal: AbortSignal) => Promise<Grown>;
	/** One that is asleep; false where that is denied. */
	readonly wake: (sleeper: Sleeper, pool: string, signal: AbortSignal) => Promise<boolean>;
};

type Parts = {
	readonly replicas: ReplicasPort;
	readonly lives: Pick<Lives, "started">;
	readonly obstacle: Pick<Obstacle, "met" | "denied" | "failed">;
	readonly clock: Pick<Clock, "now">;
	readonly isInDoubt: (source: Source) => boolean;
};

export function createStarter({ replicas, lives, obstacle, clock, isInDoubt }: Parts): Starter {
	const starts = createStarts(replicas, clock, isInDoubt);

	return {
		clone: async (source, ordinal, pool, signal) => {
			const { name } = source.template;
			const grown = await starts.grow(source, ordinal, signal).catch((thrown: unknown) => {
				if (!signal.aborted) obstacle.failed(notMadeProblem(name, messageOf(thrown)));
				throw thrown;
			});
			obstacle.met(grown.kind === "refused" ? notClonedProblem(name, grown.refusals) : undefined);
			if (grown.kind === "denied") obstacle.denied(pool, grown.message);
			if (grown.kind === "started") lives.started(grown, true, clock.now());
			return grown;
		},
		wake: async ({ container: { id, name } }, pool, signal) => {
			try {
				const started = await starts.wake(id, signal);
				if (started.kind === "denied") obstacle.denied(pool, started.message);
				else {
					obstacle.met(undefined);
					lives.started({ id, name }, false, clock.now());
				}
				return started.kind === "done";
			} catch (thrown) {
				if (!signal.aborted) obstacle.met(notStartedProblem(name, messageOf(thrown)));
				throw thrown;
			}
		},
	};
}
