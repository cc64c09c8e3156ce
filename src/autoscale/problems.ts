import type { Refusal } from "../model/clone-refusals.ts";
import type { Problem } from "../model/problem.ts";

export function deniedProblem(pool: string, message: string): Problem {
	return {
		code: "scale-denied",
		severity: "problem",
		subject: pool,
		message: `what stands before the engine does not let Ballast make or remove containers: ${message}; it only tells what it would do`,
		hint: "let a guard before the engine's socket allow POST and DELETE on /containers, which is tried again within a minute; or set BALLAST_SCALE=off on the proxy",
	};
}

/** @param count how many failed in a row */
export function lateProblem(name: string, count: number): Problem {
	const tries = count === 1 ? "" : `, ${count} times in a row`;
	return {
		code: "clone-not-ready",
		severity: "problem",
		subject: name,
		message: `the clone ended, or did not answer in time, before it was ever ready${tries}; it was removed`,
		hint: "see why its original works and a copy of it does not: start one by hand with the same image and options; it is tried again with growing gaps",
	};
}

/** @param why how it ended; @param count how many failed in a row */
export function notAwakeProblem(name: string, why: string, count: number): Problem {
	const tries = count === 1 ? "" : `, ${count} times in a row`;
	return {
		code: "not-woken",
		severity: "problem",
		subject: name,
		message: `it was started again, and ${why}, before it was ready${tries}`,
		hint: `see why with: docker logs ${name}; it is tried again with growing gaps, as long as requests wait for it`,
	};
}

export function notStartedProblem(name: string, message: string): Problem {
	return {
		code: "not-woken",
		severity: "problem",
		subject: name,
		message: `it can't be started again: ${message}`,
		hint: `see what docker start ${name} says; it is tried again by itself, as long as it is needed`,
	};
}

export function notMadeProblem(name: string, message: string): Problem {
	return {
		code: "not-cloned",
		severity: "problem",
		subject: name,
		message: `no clone of it can be started: ${message}`,
		hint: "mend what Docker says is wrong; it is tried again by itself within 30 s, as long as one is needed",
	};
}

/** Every reason, and what helps against each. */
export function notClonedProblem(name: string, refusals: readonly Refusal[]): Problem {
	const all = (of: keyof Refusal) => refusals.map((one) => one[of]).join("; ");
	return {
		code: "not-cloned",
		severity: "problem",
		subject: name,
		message: `there can be no clone of it: it ${all("message")}`,
		hint: all("hint"),
	};
}

export function elsewhereProblems(leader: string | undefined): readonly Problem[] {
	if (leader === undefined) return [];
	return [
		{
			code: "scale-elsewhere",
			severity: "notice",
			subject: leader,
			message:
				"this proxy scales the same containers and is older: it acts, by the requests that it gets itself, and this one only tells what it would do",
			hint: "set BALLAST_SCALE=on on one of them alone; where the older one ends, this one goes on within seconds",
		},
	];
}
