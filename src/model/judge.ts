import type { Container } from "./container.ts";
import { endpointKey } from "./endpoint.ts";
import { lenderOf } from "./lender.ts";
import { type Standing, standingOf } from "./standing.ts";
import type { Surroundings } from "./surroundings.ts";

/** As `standingOf`, whose judgement it gives. */
export type Judge = (container: Container, around: Surroundings) => Standing;

type Judgement = { readonly standing: Standing; readonly seen: readonly unknown[] };

/**
 * A judge that remembers: one event is about one container, and to judge a thousand others anew is what a join would wait
 * for. A container is judged again once anything is another than it was that its judgement depends on.
 */
export function createJudge(): Judge {
	const judgements = new WeakMap<Container, Judgement>();

	return (container, around) => {
		// Then it depends on others, too.
		if (borrows(container) || borrows(around.inventory.proxy.container)) return standingOf(container, around);
		const before = judgements.get(container);
		if (before !== undefined && isSame(before.seen, seenBy(container, before.standing, around)))
			return before.standing;
		const standing = standingOf(container, around);
		judgements.set(container, { standing, seen: seenBy(container, standing, around) });
		return standing;
	};
}

function borrows(container: Container | undefined): boolean {
	return container !== undefined && lenderOf(container) !== undefined;
}

/** All that `standingOf` looks at, but the container itself; each a value that is replaced when it changes. */
function seenBy(
	{ id }: Container,
	{ probe }: Standing,
	{ inventory, policy, held, names, addresses, listening }: Surroundings,
): readonly unknown[] {
	const { container, farEngine, routes, bridges } = inventory.proxy;
	return [
		...[policy, container, farEngine, routes, bridges],
		...[inventory.leaving.get(id), inventory.restarted?.get(id), inventory.asleep?.get(id)],
		...[held.get(id), names.get(id), addresses.get(id)],
		probe && listening.get(endpointKey(probe)),
	];
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
	return some.every((one, index) => one === others[index]);
}
