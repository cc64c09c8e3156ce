/** Why a container, label, pool, template or engine is not (fully) served; who it is about; what to do. */
export type Problem = {
	/** Kebab-case and stable, such as `no-shared-network`. */
	readonly code: string;
	/** A notice passes by itself, such as a container that is still starting; a problem waits for a person. */
	readonly severity: "notice" | "problem";
	/** The container's name, the pool, the file or the engine it is about. */
	readonly subject: string;
	/** What is the case: what, where, expected, got. One line. */
	readonly message: string;
	/** What to do about it. One line. */
	readonly hint: string;
};

/** Each once, in their order: two ways that were tried may fail alike. */
export function distinct(problems: readonly Problem[]): readonly Problem[] {
	return [...new Map(problems.map((one) => [identityOf(one), one])).values()];
}

/** Those that wait for a person, and did not before: each is worth a line in the log. `keyOf`: alike, they are the same. */
export function newProblems(
	now: readonly Problem[],
	before: readonly Problem[],
	keyOf: (problem: Problem) => string = identityOf,
): readonly Problem[] {
	const told = new Set(before.map(keyOf));
	return now.filter((problem) => problem.severity === "problem" && !told.has(keyOf(problem)));
}

/** Two of the same identity are the same problem. */
function identityOf({ severity, code, subject, message }: Problem): string {
	return JSON.stringify([severity, code, subject, message]);
}
