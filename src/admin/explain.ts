import { AppError } from "../errors.ts";
import { hostPort } from "../model/endpoint.ts";
import { emptyFleet, type Fleet, type Member, membersOf, policyOf } from "../model/fleet.ts";
import type { LoggedEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";
import { type Explanation, explain } from "../model/why.ts";
import type { Outcome } from "../reconcile/outcome.ts";
import type { ServerRow } from "./api.ts";
import { find, type Inspect } from "./find.ts";

/** The answer to `ballast why`. */
export type WhyAnswer =
	| { readonly known: true; readonly explanation: Explanation }
	/** `near`: names that may have been meant. */
	| { readonly known: false; readonly near: readonly string[] };

export type WhySources = {
	readonly outcome: () => Outcome | undefined;
	/** All that are told at the moment. */
	readonly problems: () => readonly Problem[];
	readonly servers: (signal: AbortSignal) => Promise<readonly ServerRow[]>;
	readonly latest: (most: number, holding: string) => Promise<readonly LoggedEvent[]>;
	readonly inspect: Inspect;
	/** Those that scaling takes away, by container id. */
	readonly going: () => ReadonlyMap<string, unknown>;
};

/**
 * Explains one container: by its name or id or the beginning of that, or by the name of its server. Throws `AppError` when
 * Docker has to be asked, and can't be read.
 */
export async function whyAnswer(sources: WhySources, asked: string, signal: AbortSignal): Promise<WhyAnswer> {
	const { draft, fleet = emptyFleet } = sources.outcome() ?? {};
	if (draft === undefined) throw notRead();
	const found = await find(asked, draft, fleet, sources.inspect, signal);
	const { standing } = found;
	if (standing === undefined) return { known: false, near: found.near };
	const inForce = membersOf(fleet).find(({ server }) => server.container.id === standing.container.id);
	const explanation = explain({
		standing,
		inForce,
		isProxy: standing.container.id === draft.around.inventory.proxy.container?.id,
		isGoing: sources.going().has(standing.container.id),
		poolPolicy: policyIn(draft.fleet, standing.member ?? inForce),
		policy: draft.around.policy,
		problems: sources.problems(),
		...(await sinceAndStatus(inForce, sources, signal)),
	});
	return { known: true, explanation };
}

function policyIn(fleet: Fleet, member: Member | undefined): ReturnType<typeof policyOf> {
	const pool = fleet.pools.find(({ name }) => name === member?.pool);
	return pool === undefined ? {} : policyOf(pool);
}

/** Neither is worth a failure. */
async function sinceAndStatus(
	member: Member | undefined,
	{ latest, servers }: WhySources,
	signal: AbortSignal,
): Promise<{ readonly since: string | undefined; readonly haproxy: string | undefined }> {
	if (member === undefined) return { since: undefined, haproxy: undefined };
	const { pool, server } = member;
	const [events, rows] = await Promise.all([
		latest(Number.POSITIVE_INFINITY, server.container.id).catch(() => []),
		servers(signal),
	]);
	const join = events.findLast((one) => {
		return (
			one.event === "join" &&
			one.id === server.container.id &&
			one.pool === pool &&
			one.address === hostPort(server)
		);
	});
	const status = rows.find((row) => row.pool === pool && row.server === server.name)?.status;
	return { since: join?.time, haproxy: status === "unknown" ? undefined : status };
}

export function notRead(): AppError {
	return new AppError("docker-not-read", "the engine has not been read yet", {
		hint: "see what it waits for: ballast status",
	});
}
