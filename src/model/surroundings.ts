import type { Inventory, Listening } from "./container.ts";
import type { Hold } from "./fleet.ts";
import type { LabelLanguage } from "./labels.ts";

/** How the operator wants containers to be taken in. */
export type JoinPolicy = {
	readonly labels: LabelLanguage;
	/** The port of a container that doesn't say, when it doesn't expose exactly one. */
	readonly port: number | undefined;
	/** What HAProxy listens on where the proxy is. */
	readonly proxyPorts: readonly number[];
	/** Whether the operator lets Ballast make and remove containers. */
	readonly scales: boolean;
};

/** What the judgement of one container looks at besides the container. */
export type Surroundings = {
	readonly inventory: Inventory;
	/** By `endpointKey`. */
	readonly listening: ReadonlyMap<string, Listening>;
	/** Names that servers already have, by container id: a server keeps its name for its container's life. */
	readonly names: ReadonlyMap<string, string>;
	/** Addresses that servers have now, by container id: of several that answer, a server keeps the one it has. */
	readonly addresses: ReadonlyMap<string, string>;
	/** What people have set, by container id. */
	readonly held: ReadonlyMap<string, Hold>;
	readonly policy: JoinPolicy;
};
