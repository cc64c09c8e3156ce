import type { Draft } from "../model/build.ts";
import type { Container } from "../model/container.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import { nearNames } from "../model/near-names.ts";
import { type Standing, standingOf } from "../model/standing.ts";

/** A container that was asked for, as it is judged; else names that may have been meant. */
export type Asked =
	| { readonly standing: Standing }
	| { readonly standing: undefined; readonly near: readonly string[] };

/** Undefined when there is no such container. */
export type Inspect = (nameOrId: string, signal: AbortSignal) => Promise<Container | undefined>;

/**
 * By its name or id or the beginning of that, or by the name of its server. Throws `AppError` when Docker has to be asked, and
 * can't be read.
 */
export async function find(
	asked: string,
	draft: Draft,
	fleet: Fleet,
	inspect: Inspect,
	signal: AbortSignal,
): Promise<Asked> {
	// As `docker inspect` has them.
	const name = asked.replace(/^\//, "");
	const standing = named(name, draft, fleet) ?? (await fresh(name, draft, inspect, signal));
	return standing === undefined ? { standing, near: nearNames(name, namesIn(draft)) } : { standing };
}

/** Judged in the latest pass; by its name, its id or its server's name. */
function named(asked: string, draft: Draft, fleet: Fleet): Standing | undefined {
	const members = [...membersOf(draft.fleet), ...membersOf(fleet)];
	const id = members.find(({ server }) => server.name === asked)?.server.container.id;
	return (
		draft.standings.find(({ container }) => [container.name, container.id].includes(asked)) ?? byId(draft, id)
	);
}

function byId({ standings }: Draft, id: string | undefined): Standing | undefined {
	return standings.find(({ container }) => container.id === id);
}

/** What Docker takes for a container's name. */
const nameOrId = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** One that no pass has judged, such as one without the join label: judged now, with what the latest pass looked at. */
async function fresh(
	asked: string,
	draft: Draft,
	inspect: Inspect,
	signal: AbortSignal,
): Promise<Standing | undefined> {
	const container = nameOrId.test(asked) ? await inspect(asked, signal) : undefined;
	if (container === undefined) return undefined;
	return byId(draft, container.id) ?? standingOf(container, draft.around);
}

function namesIn({ standings }: Draft): readonly string[] {
	return standings.flatMap(({ container, member }) => [
		container.name,
		...(member === undefined ? [] : [member.server.name]),
	]);
}
