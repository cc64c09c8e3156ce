import { fleetOf, partOf } from "../model/build.ts";
import { type Fleet, type Member, membersOf } from "../model/fleet.ts";
import type { Finding, Verdict } from "../model/generation.ts";

/** What HAProxy said when it said no. */
export type Refusal = Extract<Verdict, { accepted: false }>;

export type Quarantine =
	| { readonly kind: "served"; readonly fleet: Fleet; readonly refused: readonly RefusedMember[] }
	/** No server is accepted, or not even a fleet without any: the fault is in a template or a setting. */
	| { readonly kind: "refused"; readonly verdict: Refusal };

export type RefusedMember = { readonly member: Member; readonly finding: Finding | undefined };

type Check = (fleet: Fleet) => Promise<Verdict>;

/**
 * The largest part of a fleet that HAProxy accepts (promise 7): pools that are refused are searched for the servers at
 * fault, all others stay whole. Asks about k·log n times for k culprits among n.
 *
 * @param mayBeEmpty whether no server at all is better than a refusal
 */
export async function quarantine(fleet: Fleet, check: Check, mayBeEmpty: boolean): Promise<Quarantine> {
	const whole = await check(fleet);
	if (whole.accepted) return { kind: "served", fleet, refused: [] };
	const empty = await check(fleetOf([]));
	if (!empty.accepted) return { kind: "refused", verdict: empty };

	const checkPart = (members: readonly Member[]) => check(partOf(fleet, members));
	const byPool = [...Map.groupBy(membersOf(fleet), (member) => member.pool).values()];
	const pools = await keepAccepted([], byPool, checkPart);
	const servers = pools.refused.flatMap(({ unit }) => unit).map((member) => [member]);
	const rest = await keepAccepted(pools.kept, servers, checkPart);
	if (rest.kept.length === 0 && !mayBeEmpty) return { kind: "refused", verdict: whole };
	const refused = rest.refused.flatMap(({ unit, finding }) => unit.map((member) => ({ member, finding })));
	return { kind: "served", fleet: partOf(fleet, rest.kept), refused };
}

type Unit = readonly Member[];
type Kept = {
	readonly kept: readonly Member[];
	readonly refused: readonly { readonly unit: Unit; readonly finding: Finding | undefined }[];
};

/** Adds as many of the units to those already kept as are accepted together; halves what is refused. */
async function keepAccepted(
	kept: readonly Member[],
	units: readonly Unit[],
	check: (members: readonly Member[]) => Promise<Verdict>,
): Promise<Kept> {
	if (units.length === 0) return { kept, refused: [] };
	const together = [...kept, ...units.flat()];
	const verdict = await check(together);
	if (verdict.accepted) return { kept: together, refused: [] };
	const [unit, ...others] = units;
	if (unit !== undefined && others.length === 0)
		return { kept, refused: [{ unit, finding: verdict.findings[0] }] };

	const middle = Math.ceil(units.length / 2);
	const first = await keepAccepted(kept, units.slice(0, middle), check);
	const second = await keepAccepted(first.kept, units.slice(middle), check);
	return { kept: second.kept, refused: [...first.refused, ...second.refused] };
}
