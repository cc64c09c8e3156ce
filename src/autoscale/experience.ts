import type { Problem } from "../model/problem.ts";
import type { Failures } from "../model/scale-brake.ts";
import type { PoolMemory } from "../model/scale-memory.ts";
import type { Sleeper } from "../model/scaled-pools.ts";
import type { Failed, News } from "./lives.ts";
import { lateProblem, notAwakeProblem } from "./problems.ts";

/** What earlier starts of one generation have taught. */
export type Experience = {
	readonly heed: (news: News, now: number, sleeping?: readonly Sleeper[]) => void;
	readonly forget: () => void;
	readonly told: () => { readonly failures: Failures; readonly measuredReadyMs?: number };
	/** While the latest start failed. */
	readonly problem: () => Problem | undefined;
	/** For a later controller. */
	readonly kept: () => PoolMemory["failures"];
};

const noFailures: Failures = { count: 0, lastAt: 0 };
const mostTimes = 5;

/** @param kept by an earlier controller; the next try is as late as if it had failed `now` */
export function createExperience(kept?: PoolMemory["failures"], now = 0): Experience {
	let failures = kept === undefined ? noFailures : { count: kept.count, lastAt: now };
	let readyTimes: readonly number[] = [];
	let problem = kept && lateProblem(kept.name, kept.count);
	/** The latest that did not come up again, while nobody knows how it ended: that may be heard before it can be read. */
	let unexplained: string | undefined;

	function heedFailure({ id, name, isClone }: Failed, now: number): void {
		failures = { count: failures.count + 1, lastAt: now };
		const { count } = failures;
		problem = isClone ? lateProblem(name, count) : notAwakeProblem(name, "ended", count);
		unexplained = isClone ? undefined : id;
	}

	function explain(sleeping: readonly Sleeper[]): void {
		const { container, died } = sleeping.find((one) => one.container.id === unexplained) ?? {};
		if (container === undefined || died === undefined) return;
		problem = notAwakeProblem(container.name, died, failures.count);
		unexplained = undefined;
	}

	function forget(): void {
		[failures, readyTimes, problem, unexplained] = [noFailures, [], undefined, undefined];
	}

	return {
		heed: ({ ready, failed }, now, sleeping = []) => {
			readyTimes = [...readyTimes, ...ready].slice(-mostTimes);
			if (ready.length > 0) [failures, problem, unexplained] = [noFailures, undefined, undefined];
			for (const one of failed.filter(({ early }) => early)) heedFailure(one, now);
			explain(sleeping);
		},
		forget,
		told: () => {
			const middle = readyTimes.toSorted((a, b) => a - b)[Math.floor(readyTimes.length / 2)];
			return { failures, ...(middle === undefined ? {} : { measuredReadyMs: middle }) };
		},
		problem: () => problem,
		kept: () => problem && { count: failures.count, name: problem.subject },
	};
}
