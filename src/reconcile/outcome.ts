import type { Draft } from "../model/build.ts";
import type { Fleet } from "../model/fleet.ts";
import type { MembershipEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";
import type { Step } from "../model/step.ts";

/** What one pass came to: the single source of the log line, the status, the command line and all that follows. */
export type Outcome = {
	/** The fleet in force after the pass, and its generation; undefined while there is none. */
	readonly fleet: Fleet | undefined;
	readonly generation: string | undefined;
	/** How each container was judged, and by what; undefined when the engine was not read. */
	readonly draft: Draft | undefined;
	/** What was done; what had to be taken back is not among it. */
	readonly steps: readonly Step[];
	readonly changes: readonly MembershipEvent[];
	readonly problems: readonly Problem[];
	/** Milliseconds after which it is worth another pass, hint or not; Infinity: nothing waits. */
	readonly again: number;
};
