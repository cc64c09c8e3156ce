import type { Container } from "../model/container.ts";
import { goesBy, lenderOf } from "../model/lender.ts";
import type { DockerClient } from "./client.ts";
import { isFound, isUnread, lookAt, type Unread } from "./look.ts";

type Known = ReadonlyMap<string, Container>;

/** Containers whose network others use, by id, and those that can't be read. */
type Lent = { readonly lenders: Known; readonly unread: readonly Unread[] };

export type Lenders = {
	/**
	 * Those whose network a user is in, chains followed to their end. What is not among the candidates is looked up, and
	 * once is enough: later its events tell. One that can't be read is as it was `before`.
	 */
	readonly of: (
		users: readonly Container[],
		candidates: Known,
		before: Known,
		signal: AbortSignal,
	) => Promise<Lent>;
	/** Looks again for those that were not there, which may have been made since under the same name. */
	readonly lookAgain: () => void;
};

/** `network_mode: container:…` makes a container of interest that need not carry our label. */
export function createLenders(client: Pick<DockerClient, "inspect">): Lenders {
	/** Ids and names at which there is no container. */
	const missing = new Set<string>();

	async function lendersOf(
		users: readonly Container[],
		candidates: Known,
		before: Known,
		signal: AbortSignal,
	): Promise<Lent> {
		const lenders = new Map<string, Container>();
		const unread: Unread[] = [];
		for (let fresh = users; fresh.length > 0; ) {
			const names = [...new Set(fresh.flatMap((one) => lenderOf(one) ?? []))];
			const near = names.flatMap((name) => named(candidates, name) ?? []);
			const far = new Set(
				names.filter((name) => named(candidates, name) === undefined && !missing.has(name)),
			);
			const seen = await lookAt(client, far, new Set(), signal);
			for (const { id } of seen.filter(isFound).filter(({ container }) => container === undefined))
				missing.add(id);
			unread.push(...seen.filter(isUnread));
			const found = seen.flatMap((one) => (isFound(one) ? one.container : named(before, one.id)) ?? []);
			fresh = [...near, ...found].filter(({ id }) => !lenders.has(id));
			for (const lender of fresh) lenders.set(lender.id, lender);
		}
		return { lenders, unread };
	}

	return { of: lendersOf, lookAgain: () => missing.clear() };
}

function named(containers: Known, name: string): Container | undefined {
	return containers.get(name) ?? [...containers.values()].find((one) => goesBy(one, name));
}
