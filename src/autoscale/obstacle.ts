import type { Clock } from "../clock.ts";
import type { Problem } from "../model/problem.ts";
import type { Denied } from "./ports.ts";
import { deniedProblem } from "./problems.ts";

/** What kept a pool's containers from being started or taken away, the last time that it was tried. */
export type Obstacle = {
	readonly met: (problem: Problem | undefined) => void;
	/** Docker could not start one. That passes: it is no problem any more once no more are tried. */
	readonly failed: (problem: Problem) => void;
	/** The engine has refused a change, and is not asked for another for a while. */
	readonly denied: (pool: string, message: string) => void;
	/** What came of taking one away: where one has gone, nothing that was denied before holds any more. */
	readonly answered: (pool: string, end: { readonly kind: "gone" | "kept" } | Denied) => void;
	readonly isDenied: () => boolean;
	readonly problem: () => Problem | undefined;
};

const deniedMs = 60_000;
/** Longer than the law waits between two additions: while one is needed, it is tried again by then. */
const failedMs = 30_000;

export function createObstacle(clock: Pick<Clock, "now">): Obstacle {
	let [problem, isOfDenial]: [Problem | undefined, boolean] = [undefined, false];
	let [deniedUntil, lapsesAt] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

	function met(found: Problem | undefined): void {
		[problem, isOfDenial, lapsesAt] = [found, false, Number.POSITIVE_INFINITY];
	}

	function denied(pool: string, message: string): void {
		deniedUntil = clock.now() + deniedMs;
		met(deniedProblem(pool, message));
		isOfDenial = true;
	}

	return {
		met,
		failed: (found) => {
			met(found);
			lapsesAt = clock.now() + failedMs;
		},
		denied,
		answered: (pool, end) => {
			if (end.kind === "denied") denied(pool, end.message);
			if (end.kind === "gone" && isOfDenial) problem = undefined;
		},
		isDenied: () => clock.now() < deniedUntil,
		problem: () => (clock.now() < lapsesAt ? problem : undefined),
	};
}
