import type { Log } from "../log.ts";
import type { ScaleDecision } from "../model/scale.ts";

/** The latest decisions of a pool, oldest first; a row of those that hold for the same reason is one. */
export type Diary = {
	readonly note: (decision: ScaleDecision) => void;
	readonly all: () => readonly ScaleDecision[];
};

const most = 20;

export function createDiary(log: Pick<Log, "info">): Diary {
	let decisions: readonly ScaleDecision[] = [];

	return {
		note: (decision) => {
			const last = decisions.at(-1);
			const isSame = last?.kind === decision.kind && (last.why === decision.why || decision.kind === "hold");
			decisions = [...decisions.slice(0, isSame ? -1 : undefined), decision].slice(-most);
			if (decision.advice && decision.kind !== "hold" && !isSame)
				log.info({ by: decision.by }, `scaling would ${decision.kind}: ${decision.why}`);
		},
		all: () => decisions,
	};
}
