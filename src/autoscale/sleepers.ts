import type { ScaledMember, ScaledPool, Sleeper } from "../model/scaled-pools.ts";
import type { Ends } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";

/**
 * Gives those of a pool that may be woken, and remembers them as asleep: that we have stopped, or that ended by themselves. What a
 * person has stopped is not among them.
 */
export type Sleepers = (pool: ScaledPool) => readonly Sleeper[];

export function createSleepers(
	{ all, set }: ScalerPorts["asleep"],
	ends: Pick<Ends, "of" | "isOurs">,
): Sleepers {
	let isFirst = true;

	function mayWake({ container: { id, startedAt, state } }: Sleeper): boolean {
		// One that runs at the start: a controller before this one was to stop it, and ended before that.
		if (all().get(id) === startedAt) return !(isFirst && state === "running");
		return ends.of(id) === "failed" || ends.isOurs(id);
	}

	/** A pass that was before its last moment takes it for a member still; and until it serves, it may end again. */
	function isAwake({ container: { id, startedAt }, server }: ScaledMember): boolean {
		return server !== undefined && (all().get(id) ?? startedAt) !== startedAt;
	}

	return ({ sleeping, members }) => {
		const sleepers = sleeping.filter(mayWake);
		for (const one of sleeping)
			set(one.container.id, sleepers.includes(one) ? one.container.startedAt : undefined);
		for (const one of members) if (isAwake(one)) set(one.container.id, undefined);
		isFirst = false;
		return sleepers;
	};
}
