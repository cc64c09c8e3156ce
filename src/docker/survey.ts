import type { Clock } from "../clock.ts";
import type { DockerClient } from "./client.ts";
import { createHearing } from "./hearing.ts";
import type { Known } from "./knowledge.ts";
import { isUp } from "./leaving.ts";
import { isFound, lookAt, type Seen } from "./look.ts";
import { isSelf } from "./self.ts";
import { createUnchanged } from "./unchanged.ts";

type SurveyParts = {
	readonly client: Pick<DockerClient, "list" | "inspect">;
	readonly joinLabel: string;
	/** The container that this process runs in. */
	readonly self: string | undefined;
	readonly clock: Pick<Clock, "now">;
	/** The ids of those that have ended and are looked at all the same. */
	readonly unlisted: () => readonly string[];
	/** Whether changes happen that no event tells of, each time that this changes. */
	readonly onSilence?: (isSilent: boolean) => void;
};

/** Asks the engine, and for no more than is needed. Throws `AppError` when it can't be read. */
export type Survey = {
	/** Inspects each of these. */
	readonly those: (ids: ReadonlySet<string>, signal: AbortSignal) => Promise<readonly Seen[]>;
	/** Lists, and inspects what the list does not prove to be as it was known; `leaving` ones in any case. */
	readonly all: (
		known: Known,
		leaving: (id: string) => boolean,
		signal: AbortSignal,
	) => Promise<{ readonly listed: ReadonlySet<string>; readonly seen: readonly Seen[] }>;
	/** Something was heard of a container. */
	readonly heard: (id: string) => void;
};

export function createSurvey(parts: SurveyParts): Survey {
	const { client, joinLabel, self, clock, unlisted, onSilence } = parts;
	const unchanged = createUnchanged(clock);
	const hearing = createHearing(onSilence ?? (() => undefined));

	async function look(
		ids: ReadonlySet<string>,
		listed: ReadonlySet<string>,
		signal: AbortSignal,
	): Promise<readonly Seen[]> {
		const found = unchanged.asking(ids);
		const seen = await lookAt(client, ids, listed, signal);
		found(seen.filter(isFound));
		return seen;
	}

	return {
		those: async (ids, signal) => await look(ids, new Set(), signal),
		all: async (known, leaving, signal) => {
			const list = await client.list(joinLabel, signal);
			const proven = unchanged.among(list, known).filter(({ id }) => !leaving(id) && !isSelf(id, self));
			const listed = new Set(list.map(({ id }) => id));
			const asBefore = new Set(proven.map(({ id }) => id));
			const toLook = toLookAt([...listed, ...unlisted()], known, self).difference(asBefore);
			const seen = await look(toLook, listed, signal);
			hearing.listed(
				seen.filter(isFound).filter(({ id }) => !isSelf(id, self)),
				known,
			);
			return { listed, seen: [...proven, ...seen] };
		},
		heard: (id) => {
			hearing.heard();
			unchanged.doubt(id);
		},
	};
}

/** What is listed, or has to be looked at in any case, what was up before and may have ended since, and the proxy itself. */
function toLookAt(there: readonly string[], known: Known, self: string | undefined): ReadonlySet<string> {
	const ids = new Set([...there, ...[...known.values()].filter(isUp).map(({ id }) => id)]);
	if (self !== undefined && ![...ids].some((id) => isSelf(id, self))) ids.add(self);
	return ids;
}
