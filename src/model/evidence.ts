import type { Member, PoolPolicy } from "./fleet.ts";
import type { Problem } from "./problem.ts";
import type { Standing } from "./standing.ts";
import type { JoinPolicy } from "./surroundings.ts";

/** All that is known of one container. */
export type Evidence = {
	/** As it was judged in the latest pass, or would be. */
	readonly standing: Standing;
	/** The server that it is in the configuration in force. */
	readonly inForce: Member | undefined;
	readonly isProxy: boolean;
	/** Scaling takes it away: what holds it back is nobody's word. */
	readonly isGoing: boolean;
	/** What holds for its pool. */
	readonly poolPolicy: PoolPolicy;
	readonly policy: JoinPolicy;
	/** All there are. */
	readonly problems: readonly Problem[];
	/** When it joined, ISO 8601. */
	readonly since: string | undefined;
	/** HAProxy's own word for the server, such as `UP`. */
	readonly haproxy: string | undefined;
};
