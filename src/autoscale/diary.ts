import type { Log } from "../log.ts";
import type { ScaleDecision } from "../model/scale.ts";

/** The latest decisions of a pool, oldest first; a row of those that hold, or advise the same, is one. */
export type Diary = {
	readonly note: (decision: ScaleDecision, pool: string) => void;
	readonly all: () => readonly ScaleDecision[];
};

const most = 20;

export function createDiary(log: Pick<Log, "info">): Diary {
	let decisions: readonly ScaleDecision[] = [];

	return {
		note: (decision, pool) => {
			const last = decisions.at(-1);
			const isSame = last !== undefined && saysTheSame(last, decision);
			decisions = [...decisions.slice(0, isSame ? -1 : undefined), decision].slice(-most);
			if (decision.advice && decision.kind !== "hold" && !isSame)
				log.info({ pool, by: decision.by }, `scaling would ${decision.kind}: ${decision.why}`);
		},
		all: () => decisions,
	};
}

/** What is only advised is advised again each second, with other numbers. */
function saysTheSame(last: ScaleDecision, { kind, by, why, advice }: ScaleDecision): boolean {
	if (last.kind !== kind) return false;
	return kind === "hold" || last.why === why || (advice && last.advice && last.by === by);
}
