import type { MaintServer } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { HaproxyPort } from "./ports.ts";

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
