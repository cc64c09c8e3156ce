import type { Draft } from "../model/build.ts";
import type { Self } from "../model/container.ts";
import type { Fleet } from "../model/fleet.ts";
import { balancerJoin, membershipChanges } from "../model/membership.ts";
import type { Outcome } from "./outcome.ts";
import type { Ports } from "./ports.ts";

/** `before`: what the log tells of so far. */
type Circumstances = { readonly before: Fleet; readonly draft: Draft; readonly proxy: Self };

/**
 * Writes down who came and went.
 *
 * @param announce whether the proxy's own start is news; not so when only the controller started again
 */
export function createRecord(
	records: Ports["records"],
	announce: boolean,
): (outcome: Outcome, circumstances: Circumstances) => Promise<Outcome> {
	let unannounced = announce;

	return async (outcome, { before, draft, proxy }) => {
		if (outcome.fleet === undefined) return outcome;
		const arrivals = membershipChanges(before, outcome.fleet, draft.standings);
		const changes = unannounced ? [balancerJoin(proxy), ...arrivals] : arrivals;
		unannounced = false;
		const unwritten = await Promise.all([
			records.nodes(outcome.fleet),
			records.membership(changes),
			records.proxy(proxy),
			records.cookieKey(),
			records.lastGood(),
			records.holds(),
			records.scaling(),
		]);
		return { ...outcome, changes, problems: [...outcome.problems, ...unwritten.flat()] };
	};
}
