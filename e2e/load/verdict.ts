import type { Apps } from "./apps.ts";
import type { Loss, Tally } from "./ledger.ts";

/** What a load came to, as promise 9 counts it. */
export type Verdict = {
	readonly answered: number;
	/** GET, HEAD, OPTIONS without a good answer; a 503 is none, also when it tells to come back. */
	readonly safe: readonly Loss[];
	/** The same of all other methods. */
	readonly unsafe: readonly Loss[];
	/** Ids that servers counted more than once. */
	readonly replayed: readonly string[];
	/** Ids that were answered, and counted by nobody: the count itself would be wrong. */
	readonly uncounted: readonly string[];
};

/** What `expect(verdict).toMatchObject(nothingLost)` wants. */
export const nothingLost = { safe: [], unsafe: [], replayed: [], uncounted: [] } as const;

/** The same for apps that take with them what they were working on: physics. Those losses are counted and shown. */
export const noSafeLost = { safe: [], replayed: [], uncounted: [] } as const;

export async function verdictOn(tally: Tally, apps: Apps): Promise<Verdict> {
	const { answered, unserved, lost, posted } = tally;
	const missed = [...lost, ...unserved];
	const counts = await apps.counts();
	return {
		answered,
		safe: missed.filter(isSafe),
		unsafe: missed.filter((loss) => !isSafe(loss)),
		replayed: [...counts].filter(([, times]) => times > 1).map(([id]) => id),
		uncounted: posted.filter((id) => !counts.has(id)),
	};
}

/** A line for the log of a test, and one for each loss. */
export function summaryOf({ answered, safe, unsafe, replayed }: Verdict): string {
	const lost = `${safe.length} safe and ${unsafe.length} unsafe ones lost`;
	const losses = [...safe, ...unsafe].map(
		({ at, after, kind, method, why }) =>
			`  ${at} ${kind} ${method}, after ${after} ms: ${why.split("\n")[0]}`,
	);
	return [`${answered} requests answered, ${lost}, ${replayed.length} replayed`, ...losses].join("\n");
}

function isSafe({ method }: Loss): boolean {
	return ["GET", "HEAD", "OPTIONS"].includes(method);
}
