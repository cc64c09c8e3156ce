import type { Clock } from "../clock.ts";
import type { Known } from "./knowledge.ts";
import { agrees, type Listed } from "./listing.ts";
import type { Found } from "./look.ts";

/**
 * Which containers a list proves to be as they were known: it shows the same of them, and that they have been up since
 * before they were inspected. What else an inspect tells changes with a start alone. So a list after a cut costs no
 * inspect for each of thousands. A list may be older than an inspect would be, by some milliseconds: Docker writes down
 * what it shows before it tells of `start`, `die`, `health_status` and `rename`, so that an event is still to come then.
 */
export type Unchanged = {
	/** They are about to be inspected: what is called at the end gets those that were found. */
	readonly asking: (ids: Iterable<string>) => (found: readonly Found[]) => void;
	/** Something was heard of it, so that it has to be inspected. */
	readonly doubt: (id: string) => void;
	/** Those that need no inspect, of a list that has just been answered. */
	readonly among: (listed: readonly Listed[], known: Known) => readonly Found[];
};

/** For what an engine's list may not tell after all, and for a clock of the engine's that was set forward. */
const trustedForMs = 600_000;

/** Two clocks never go alike. */
const marginMs = 1_000;

export function createUnchanged(clock: Pick<Clock, "now">): Unchanged {
	const inspectedAt = new Map<string, number>();
	/** Of which something was heard since they were asked about: what was found may be earlier. */
	const doubted = new Set<string>();

	function isProven({ id, shows }: Listed, known: Known, now: number): boolean {
		const container = known.get(id);
		const at = inspectedAt.get(id);
		if (container === undefined || at === undefined || shows === undefined) return false;
		const age = now - at + marginMs;
		return age < trustedForMs && age < shows.upFor && agrees(shows, container);
	}

	function asking(ids: Iterable<string>): (found: readonly Found[]) => void {
		const askedAt = clock.now();
		for (const id of ids) {
			inspectedAt.delete(id);
			doubted.delete(id);
		}
		return (found) => {
			for (const { id } of found) if (!doubted.has(id)) inspectedAt.set(id, askedAt);
		};
	}

	return {
		asking,
		doubt: (id) => {
			inspectedAt.delete(id);
			doubted.add(id);
		},
		among: (listed, known) => {
			const now = clock.now();
			const ids = new Set(listed.map(({ id }) => id));
			for (const id of inspectedAt.keys()) if (!ids.has(id)) inspectedAt.delete(id);
			for (const id of doubted) if (!ids.has(id)) doubted.delete(id);
			return listed
				.filter((one) => isProven(one, known, now))
				.map(({ id }) => ({ id, container: known.get(id) }));
		},
	};
}
