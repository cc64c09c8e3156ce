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
	/** What came of taking one away: where one has gone, none is kept from going any more. */
	readonly answered: (pool: string, end: { readonly kind: "gone" | "kept" } | Denied) => void;
	readonly isDenied: () => boolean;
	readonly problem: () => Problem | undefined;
};

const deniedMs = 60_000;
/** While one is needed, it is tried again by then, unless additions do no good or starts fail: then it is told anew. */
const failedMs = 30_000;

export function createObstacle(clock: Pick<Clock, "now">): Obstacle {
	let [problem, isOfLeaving]: [Problem | undefined, boolean] = [undefined, false];
	let [deniedUntil, lapsesAt] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

	function met(found: Problem | undefined): void {
		[problem, isOfLeaving, lapsesAt] = [found, false, Number.POSITIVE_INFINITY];
	}

	function denied(pool: string, message: string): void {
		deniedUntil = clock.now() + deniedMs;
		met(deniedProblem(pool, message));
	}

	return {
		met,
		failed: (found) => {
			met(found);
			lapsesAt = clock.now() + failedMs;
		},
		denied,
		answered: (pool, end) => {
			if (end.kind === "gone" && isOfLeaving) problem = undefined;
			if (end.kind !== "denied") return;
			denied(pool, end.message);
			isOfLeaving = true;
		},
		isDenied: () => clock.now() < deniedUntil,
		problem: () => (clock.now() < lapsesAt ? problem : undefined),
	};
}
