import { AppError } from "../errors.ts";
import {
	type ContainerRef,
	defaultPool,
	emptyFleet,
	type Hold,
	type Member,
	membersOf,
} from "../model/fleet.ts";
import { printable, wantsToJoin } from "../model/labels.ts";
import type { Problem } from "../model/problem.ts";
import { remarksOn } from "../model/remarks.ts";
import type { Standing } from "../model/standing.ts";
import type { Outcome } from "../reconcile/outcome.ts";
import type { ServerRow } from "./api.ts";
import { notRead } from "./explain.ts";
import { find, type Inspect } from "./find.ts";

/** What a person asks for; `ready` takes back what was set. */
export type HoldWish = Hold | "ready";

/** A container, and what is set for it. */
export type Held = {
	readonly known: true;
	readonly container: ContainerRef;
	readonly hold: Hold | null;
	/** The server that it is, or was last. */
	readonly server: { readonly pool: string; readonly name: string } | null;
	/** How long it may finish what is in flight. */
	readonly drainSeconds: number;
	/** Whether it was set to something else before. */
	readonly changed: boolean;
	/** What a person should know about it, a clause each. */
	readonly remarks: readonly string[];
};

/** `near`: names that may have been meant. */
export type HoldAnswer = Held | { readonly known: false; readonly near: readonly string[] };

export type HoldSources = {
	readonly outcome: () => Outcome | undefined;
	readonly servers: (signal: AbortSignal) => Promise<readonly ServerRow[]>;
	readonly inspect: Inspect;
	/** Sets it and lets it take effect; gives what keeps it from outliving the controller. */
	readonly hold: (id: string, hold: Hold | undefined) => Promise<readonly Problem[]>;
	readonly held: () => ReadonlyMap<string, Hold>;
};

/** Sets it. Throws `AppError` for a container that is none of Ballast's, and as `find` does. */
export async function holdAnswer(
	sources: HoldSources,
	asked: string,
	wish: HoldWish,
	signal: AbortSignal,
): Promise<HoldAnswer> {
	const { draft, fleet = emptyFleet } = sources.outcome() ?? {};
	if (draft === undefined) throw notRead();
	const found = await find(asked, draft, fleet, sources.inspect, signal);
	const { standing } = found;
	if (standing === undefined) return { known: false, near: found.near };
	const { container } = standing;
	if (!wantsToJoin(container.labels, draft.around.policy.labels.join))
		throw notOurs(standing, draft.around.policy.labels.join);

	const hold = wish === "ready" ? undefined : wish;
	const before = sources.held().get(container.id);
	const inForce = membersOf(fleet).find(({ server }) => server.container.id === container.id);
	const down = new Set((await sources.servers(signal)).filter(isDown).map(nameOf));
	const problems = await sources.hold(container.id, hold);
	return {
		known: true,
		container: { id: container.id, name: container.name },
		hold: hold ?? null,
		server: serverOf(standing, inForce, draft.around.names),
		drainSeconds: standing.drainSeconds,
		changed: before !== hold,
		remarks: remarksOn({ standing, hold, inForce, fleet, down, problems }),
	};
}

function isDown({ status }: ServerRow): boolean {
	return !/^(UP|no check|unknown)/.test(status);
}

function nameOf({ pool, server }: ServerRow): string {
	return `${pool}/${server}`;
}

/** One that has left keeps its name while its container is there: it may still have something to finish. */
function serverOf(
	{ container, member, reading }: Standing,
	inForce: Member | undefined,
	names: ReadonlyMap<string, string>,
): Held["server"] {
	const is = inForce ?? member;
	if (is !== undefined) return { pool: is.pool, name: is.server.name };
	const name = names.get(container.id);
	return name === undefined ? null : { pool: reading.wishes.pool ?? defaultPool, name };
}

function notOurs({ container }: Standing, join: string): AppError {
	return new AppError(
		"bad-input",
		`${printable(container.name)} is none of Ballast's: it does not carry the label ${join}`,
		{ hint: `see what Ballast makes of it: ballast why ${container.name}` },
	);
}
