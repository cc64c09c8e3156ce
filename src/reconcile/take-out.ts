import type { Fleet } from "../model/fleet.ts";
import { leavers, type MaintServer } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { HaproxyPort, InForce } from "./ports.ts";

/** What was done before anything else; `done` is empty when nobody leaves. */
export type TakenOut = { readonly done: readonly MaintServer[]; readonly problems: readonly Problem[] };

/**
 * Takes who leaves out of the running process before anything is rendered or checked: its address may be somebody else's
 * as soon as it has ended, and a check takes long where the machine is busy.
 */
export async function takeOutLeavers(
	before: InForce,
	after: Fleet,
	haproxy: Pick<HaproxyPort, "loaded" | "maintain">,
	signal: AbortSignal,
): Promise<TakenOut> {
	const leave = before === undefined ? [] : leavers(before.fleet, after);
	if (leave.length === 0 || (await haproxy.loaded(signal)) !== before?.id) return { done: [], problems: [] };
	const problems: Problem[] = [];
	for (const step of leave) problems.push(...(await takeOut(step, haproxy, signal)));
	return { done: leave, problems };
}

/** A refusal stops nothing: the reload that follows takes the server out for all new connections. */
export async function takeOut(
	{ pool, server }: MaintServer,
	haproxy: Pick<HaproxyPort, "maintain">,
	signal: AbortSignal,
): Promise<readonly Problem[]> {
	const complaint = await haproxy.maintain(pool, server, signal);
	return complaint === undefined ? [] : [notMaintained(`${pool}/${server}`, complaint)];
}

function notMaintained(server: string, complaint: string): Problem {
	return {
		code: "leave-refused",
		severity: "problem",
		subject: server,
		message: `HAProxy would not take ${server} out of its running process: ${complaint}`,
		hint: "new connections don't reach it; clients that were connected before may, until they close",
	};
}
