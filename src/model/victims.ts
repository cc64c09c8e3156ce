import { byText } from "./order.ts";
import type { ScaledMember } from "./scaled-pools.ts";

/** What one serves now. */
export type Serving = { readonly current: number; readonly open: boolean };

/**
 * Who goes first: what is there to be started again before what Docker would remove, clones before originals, those that don't answer, those of an older generation, those with the fewest
 * requests in flight, the newest.
 */
export function victims(
	members: readonly ScaledMember[],
	generation: string | undefined,
	serving: (member: ScaledMember) => Serving | undefined,
): readonly ScaledMember[] {
	const keys = (one: ScaledMember): readonly number[] => {
		const now = serving(one);
		return [
			Number(one.container.endsForGood === true),
			Number(one.clone === undefined),
			Number(now?.open === true && !one.failed),
			Number(one.clone?.generation === generation),
			now?.current ?? 0,
			-Date.parse(one.container.created),
		];
	};
	return members
		.map((member) => ({ member, keys: keys(member) }))
		.sort((a, b) => firstDifference(a.keys, b.keys) || byText(a.member.container.id, b.member.container.id))
		.map(({ member }) => member);
}

function firstDifference(some: readonly number[], others: readonly number[]): number {
	return some.map((key, index) => key - (others[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
