import { partOf } from "./build.ts";
import type { Listening } from "./container.ts";
import { type Endpoint, endpointKey, hostPort } from "./endpoint.ts";
import { type Fleet, type Member, membersOf } from "./fleet.ts";
import type { Problem } from "./problem.ts";

/** Which run of the machine, and which of the engine; undefined: that can't be told. */
export type Runs = { readonly machine: string | undefined; readonly engine: string | undefined };

/** What Docker last told of, in an earlier life of the proxy. */
export type LastGood = {
	readonly fleet: Fleet;
	/** The runs in which it did; undefined where that was not written down. */
	readonly told: Runs | undefined;
	readonly now: Runs;
};

/** Where a server of then has to accept a connection: whatever has not changed, it may have ended since. */
export function endpointsOf(fleet: Fleet): readonly Endpoint[] {
	return membersOf(fleet).map(endpointOf);
}

/**
 * What to serve while Docker does not answer: the servers of then that accept a connection. Where the machine or the engine
 * began anew meanwhile, or that can't be told, their addresses may be others' by now, and a person hears of it.
 */
export function standInFor(
	{ fleet, told, now }: LastGood,
	listening: ReadonlyMap<string, Listening>,
): { readonly fleet: Fleet; readonly problems: readonly Problem[] } {
	const members = membersOf(fleet);
	const addressed = members.flatMap((member) => {
		const answer = listening.get(endpointKey(endpointOf(member)));
		return answer?.kind === "listens" ? [member] : [];
	});
	const problems = members.length === 0 ? [] : [stale(changeBetween(told, now), members, addressed)];
	return { fleet: partOf(fleet, addressed), problems };
}

/** Whether it tells that a stand-in is in force. */
export function tellsOfStandIn({ code }: Problem): boolean {
	return code === "stale-membership";
}

function endpointOf({ pool, server }: Member): Endpoint {
	const start = `${server.container.id} of an earlier life, in ${pool}`;
	return { start, addresses: [server.address], port: server.port };
}

/** Undefined when machine and engine are certainly in the same run as then. */
function changeBetween(told: Runs | undefined, now: Runs): string | undefined {
	if (told?.machine === undefined || now.machine === undefined)
		return "nobody knows in which run of the machine";
	if (told.machine !== now.machine) return "before the machine booted";
	if (now.engine === undefined || told.engine === undefined) return "maybe in another run of the engine";
	return told.engine === now.engine ? undefined : "in another run of the engine";
}

function stale(change: string | undefined, all: readonly Member[], served: readonly Member[]): Problem {
	const then = `Docker has not answered since the proxy started; it last told of ${all.length} server(s)`;
	const answer = `${served.length} of them accept connections and are served`;
	const silent = all
		.filter((member) => !served.includes(member))
		.map(({ server }) => {
			return `${server.container.name} at ${hostPort(server)}`;
		});
	const without = silent.length === 0 ? "" : `; not served: ${silent.join(", ")}`;
	const common = { code: "stale-membership", subject: "servers" } as const;
	if (change === undefined)
		return {
			...common,
			severity: "notice",
			message: `${then}, in this same run of machine and engine: ${answer}${without}`,
			hint: "this ends with Docker's first answer",
		};
	return {
		...common,
		severity: "problem",
		message: `${then}, ${change}: ${answer}, though their addresses may be others' by now${without}`,
		hint: "see to it that the engine answers: with its first answer, the pools are what it says",
	};
}
