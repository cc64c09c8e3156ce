import type { Clock } from "../clock.ts";
import type { Problem } from "../model/problem.ts";
import { deniedProblem } from "./problems.ts";

/** What kept a pool's containers from being started or taken away, the last time that it was tried. */
export type Obstacle = {
	readonly met: (problem: Problem | undefined) => void;
	/** The engine has refused a change, and is not asked for another for a while. */
	readonly denied: (pool: string, message: string) => void;
	readonly isDenied: () => boolean;
	readonly problem: () => Problem | undefined;
};

const deniedMs = 60_000;

export function createObstacle(clock: Pick<Clock, "now">): Obstacle {
	let problem: Problem | undefined;
	let deniedUntil = Number.NEGATIVE_INFINITY;

	return {
		met: (found) => {
			problem = found;
		},
		denied: (pool, message) => {
			deniedUntil = clock.now() + deniedMs;
			problem = deniedProblem(pool, message);
		},
		isDenied: () => clock.now() < deniedUntil,
		problem: () => problem,
	};
}
