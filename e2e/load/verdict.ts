import type { Apps } from "./apps.ts";
import type { Loss, Tally } from "./ledger.ts";

/** What a load came to, as promise 9 counts it. */
export type Verdict = {
	readonly answered: number;
	/** GET, HEAD, OPTIONS without a good answer; a 503 is none, whether it tells to come back or not. */
	readonly safe: readonly Loss[];
	/** The same of all other methods. */
	readonly unsafe: readonly Loss[];
	readonly unserved: number;
	/** Ids that servers counted more than once. */
	readonly replayed: readonly string[];
	/** Ids that were answered, and counted by nobody: the count itself would be wrong. */
	readonly uncounted: readonly string[];
};

/** What `expect(verdict).toMatchObject(nothingLost)` wants. */
export const nothingLost = { safe: [], unsafe: [], unserved: 0, replayed: [], uncounted: [] } as const;

/** The same for apps that take with them what they were working on: physics. Those losses are counted and shown. */
export const noSafeLost = { safe: [], unserved: 0, replayed: [], uncounted: [] } as const;

export async function verdictOn(tally: Tally, apps: Apps): Promise<Verdict> {
	const { answered, unserved, lost, posted } = tally;
	const counts = await apps.counts();
	return {
		answered,
		safe: lost.filter(isSafe),
		unsafe: lost.filter((loss) => !isSafe(loss)),
		unserved: unserved.length,
		replayed: [...counts].filter(([, times]) => times > 1).map(([id]) => id),
		uncounted: posted.filter((id) => !counts.has(id)),
	};
}

/** One line for the log of a test. */
export function summaryOf({ answered, safe, unsafe, unserved, replayed }: Verdict): string {
	const lost = `${safe.length} safe and ${unsafe.length} unsafe ones lost`;
	return `${answered} requests answered, ${lost}, ${unserved} unserved, ${replayed.length} replayed`;
}

function isSafe({ method }: Loss): boolean {
	return ["GET", "HEAD", "OPTIONS"].includes(method);
}
