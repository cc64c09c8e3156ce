import type { Problem } from "../model/problem.ts";
import type { Failures } from "../model/scale-brake.ts";
import type { News } from "./lives.ts";
import { lateProblem } from "./problems.ts";

/** What earlier starts of one generation have taught. */
export type Experience = {
	readonly heed: (news: News, now: number) => void;
	readonly forget: () => void;
	readonly told: () => { readonly failures: Failures; readonly measuredReadyMs?: number };
	/** While the latest start failed. */
	readonly problem: () => Problem | undefined;
};

const noFailures: Failures = { count: 0, lastAt: 0 };
const mostTimes = 5;

export function createExperience(): Experience {
	let failures = noFailures;
	let readyTimes: readonly number[] = [];
	let problem: Problem | undefined;

	function forget(): void {
		[failures, readyTimes, problem] = [noFailures, [], undefined];
	}

	return {
		heed: ({ ready, failed }, now) => {
			readyTimes = [...readyTimes, ...ready].slice(-mostTimes);
			if (ready.length > 0) [failures, problem] = [noFailures, undefined];
			for (const { name } of failed.filter(({ early }) => early)) {
				failures = { count: failures.count + 1, lastAt: now };
				problem = lateProblem(name, failures.count);
			}
		},
		forget,
		told: () => {
			const middle = readyTimes.toSorted((a, b) => a - b)[Math.floor(readyTimes.length / 2)];
			return { failures, ...(middle === undefined ? {} : { measuredReadyMs: middle }) };
		},
		problem: () => problem,
	};
}
