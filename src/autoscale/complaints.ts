import { distinct, type Problem } from "../model/problem.ts";
import type { ScaleDecision } from "../model/scale.ts";
import type { Keeper } from "./keeper.ts";

type Parts = {
	/** Of whoever has one. */
	readonly found: () => readonly (Problem | undefined)[];
	/** Requests that wait for a server. */
	readonly held: () => number | undefined;
	readonly latest: () => ScaleDecision | undefined;
};

/** What is to be said of a pool to people, and to requests that wait. */
export function createComplaints({
	found,
	held,
	latest,
}: Parts): Pick<Keeper, "problems" | "isWaitedFor" | "excuse"> {
	const problems = () => distinct(found().filter((one) => one !== undefined));
	const isWaitedFor = () => (held() ?? 0) > 0;

	function excuse(): string {
		const [problem, decision] = [problems()[0], latest()];
		if (!isWaitedFor() || decision === undefined) return "";
		if (problem !== undefined) return `${problem.subject}: ${problem.message}`;
		return decision.observed.starting > 0 ? "the one that was started is not ready yet" : decision.why;
	}

	return { problems, isWaitedFor, excuse };
}
