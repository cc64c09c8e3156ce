import { type Fleet, type Hold, membersOf } from "./fleet.ts";
import { type Running, runningName } from "./running.ts";
import { stateOf } from "./step.ts";

/** What somebody else has set of a server on HAProxy's own socket; undefined: ready again. */
export type Touch = { readonly container: string; readonly hold: Hold | undefined };

/**
 * What has changed in the process since it was last read, though Ballast changed nothing: a server was as it should be, and
 * is no longer. That is a person's will, and as good as `ballast drain`. Another process has a mind of its own.
 */
export function touchedIn(
	before: Running | undefined,
	now: Running | undefined,
	fleet: Fleet | undefined,
): readonly Touch[] {
	if (fleet === undefined || before === undefined || before.pid !== now?.pid) return [];
	return membersOf(fleet).flatMap(({ pool, server }) => {
		const name = runningName({ pool, server: server.name });
		const [was, is] = [before.servers.get(name)?.state, now.servers.get(name)?.state];
		if (is === undefined || was !== stateOf(server) || is === was) return [];
		return [{ container: server.container.id, hold: is === "ready" ? undefined : is }];
	});
}
