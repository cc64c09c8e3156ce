import type { PoolPolicy, Server } from "./fleet.ts";
import { type RunningServer, runningName } from "./running.ts";

/** One typed action that brings HAProxy from what it has to what it should have. */
export type Step =
	| ServerStep
	/** Make the generation the one in force, for any process that starts later. */
	| { readonly kind: "promote"; readonly generation: string }
	/** Let a new process take over with the generation in force; why, one reason at least. */
	| { readonly kind: "reload"; readonly reasons: readonly ReloadReason[] };

/** A change of the running process that its Runtime API makes; `server` is its name there. */
export type ServerStep = { readonly pool: string; readonly server: string } & (
	| { readonly kind: "add-server"; readonly entry: Server; readonly policy: PoolPolicy }
	/** Nothing more for it; what is in flight there finishes. */
	| { readonly kind: "maint-server" }
	/** No new clients for it. */
	| { readonly kind: "drain-server" }
	/** Requests again. */
	| { readonly kind: "ready-server" }
	| { readonly kind: "weight-server"; readonly weight: number }
	/** As soon as nothing is in flight there. `force`: what still is has nobody to answer it, and is ended. */
	| { readonly kind: "remove-server"; readonly force: boolean }
);

/** A step as HAProxy is told it: of a server that is added, what follows its name. */
export type ServerChange =
	| Exclude<ServerStep, { readonly kind: "add-server" }>
	| (Extract<ServerStep, { readonly kind: "add-server" }> & { readonly options: string });

export type Changed = {
	/** What HAProxy said of each change; empty: it complains of nothing. */
	readonly replies: readonly string[];
	/** All servers of the pools that the changes are about. */
	readonly servers: readonly RunningServer[];
};

export type ReloadReason = {
	readonly kind:
		| "first-generation"
		| "server-changed"
		| "pool-added"
		| "pool-removed"
		| "pool-changed"
		| "routes-changed"
		| "configuration-changed"
		| "process-differs";
	/** The server, pool or structure it is about; empty where the kind says it all. */
	readonly subject: string;
};

export function isServerStep(step: Step): step is ServerStep {
	return step.kind !== "promote" && step.kind !== "reload";
}

/** Whether the process shows that a step took effect. One that only waits for its last requests has been taken out. */
export function isMet(step: ServerStep, servers: ReadonlyMap<string, RunningServer>): boolean {
	const now = servers.get(runningName(step));
	switch (step.kind) {
		case "add-server":
			return now?.state === stateOf(step.entry) && isAt(now, step.entry);
		case "maint-server":
		case "remove-server":
			return now === undefined || now.state === "maint";
		case "drain-server":
			return now?.state === "drain";
		case "ready-server":
			return now?.state === "ready";
		case "weight-server":
			return now !== undefined;
	}
}

/** What a server should be in, as HAProxy calls it. */
export function stateOf({ state }: Pick<Server, "state">): RunningServer["state"] {
	return state ?? "ready";
}

export function isAt(
	now: Pick<RunningServer, "address" | "port">,
	{ address, port }: Pick<Server, "address" | "port">,
): boolean {
	return now.port === port && canonical(now.address) === canonical(address);
}

/** Of an IPv6 address there are several spellings. */
function canonical(address: string): string {
	return address.includes(":") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
