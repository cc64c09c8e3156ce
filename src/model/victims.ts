import { byText } from "./order.ts";
import type { ScaledMember } from "./scaled-pools.ts";

/** What one serves now. */
export type Serving = { readonly current: number; readonly open: boolean };

/**
 * Who goes first: what is there to be started again before what Docker would remove, clones before originals, those that don't
 * answer, those of an older generation, those with the fewest requests in flight, the newest. Of those that answer one stays
 * until none else is left.
 */
export function victims(
	members: readonly ScaledMember[],
	generation: string | undefined,
	serving: (member: ScaledMember) => Serving | undefined,
): readonly ScaledMember[] {
	const answers = (one: ScaledMember) => serving(one)?.open === true && !one.failed;
	const keys = (one: ScaledMember): readonly number[] => [
		Number(one.clone === undefined),
		Number(answers(one)),
		Number(one.clone?.generation === generation),
		serving(one)?.current ?? 0,
		-Date.parse(one.container.created),
	];
	const sorted = members
		.map((member) => ({ member, keys: keys(member) }))
		.sort((a, b) => firstDifference(a.keys, b.keys) || byText(a.member.container.id, b.member.container.id))
		.map(({ member }) => member);
	const last = sorted.findLast((one) => answers(one) && !one.container.endsForGood);
	const rank = (one: ScaledMember) => (one.container.endsForGood ? 2 : Number(one === last));
	return sorted.toSorted((a, b) => rank(a) - rank(b));
}

function firstDifference(some: readonly number[], others: readonly number[]): number {
	return some.map((key, index) => key - (others[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
