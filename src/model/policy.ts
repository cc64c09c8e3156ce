import type { Container } from "./container.ts";
import { defaultPool, type PoolPolicy } from "./fleet.ts";
import type { LabelLanguage, Wishes } from "./labels.ts";
import { byText } from "./order.ts";
import type { Problem } from "./problem.ts";
import { policyFault } from "./scale-policy.ts";
import { scalePolicyOf } from "./scaled-pools.ts";
import type { Standing } from "./standing.ts";
import type { JoinPolicy } from "./surroundings.ts";

/** What each pool does, by its name, and which members wanted something else. */
export type Agreement = {
	readonly policies: ReadonlyMap<string, PoolPolicy>;
	readonly problems: readonly Problem[];
};

/**
 * The oldest container of a pool decides about the pool until it is gone, by what it leaves unsaid as well: a rolling deploy
 * changes the policy when its last old container leaves, and no newcomer can make a pool of others check a path that they
 * don't have. A younger one that says nothing goes along. Whether the oldest is a member at this moment is all the same: one
 * that comes and goes would take everybody's server away.
 */
export function agree(
	standings: readonly Standing[],
	{ labels, scales }: Pick<JoinPolicy, "labels" | "scales">,
): Agreement {
	const voices = standings.flatMap(voiceOf).sort(byAge);
	const policies = new Map<string, PoolPolicy>();
	const problems: Problem[] = [];
	for (const [pool, [oldest, ...others]] of Map.groupBy(voices, (voice) => voice.pool)) {
		if (oldest === undefined) continue;
		policies.set(pool, policyOf(oldest.wishes, scales));
		for (const one of others) problems.push(...disagreements(one, oldest, labels));
	}
	return { policies, problems };
}

type Voice = {
	readonly pool: string;
	readonly container: Container;
	/** When it was created, in milliseconds: Docker writes fractions of a second in varying length, which texts can't be compared by. */
	readonly created: number;
	readonly wishes: Wishes;
	readonly isMember: boolean;
};

function voiceOf({ member, container, reading: { wishes }, hasSay }: Standing): readonly Voice[] {
	const { pool = defaultPool } = wishes;
	const created = Date.parse(container.created);
	return hasSay ? [{ pool, container, created, wishes, isMember: member !== undefined }] : [];
}

function byAge(a: Voice, b: Voice): number {
	return a.created - b.created || byText(a.container.id, b.container.id);
}

function policyOf(wishes: Wishes, scales: boolean): PoolPolicy {
	const { sticky = "off", check } = wishes;
	return {
		...(sticky === "off" ? {} : { sticky }),
		...(check === undefined ? {} : { check }),
		...(scales && isWoken(wishes) ? { wait: waitOf(wishes) } : {}),
	};
}

/** Whether who asks would bring somebody. */
function isWoken(wishes: Wishes): boolean {
	const policy = scalePolicyOf(wishes);
	if (policy === undefined || policy.min > 0 || policyFault(policy) !== undefined) return false;
	return policy.mode === "auto" || policy.mode === "up-only";
}

function waitOf({
	"scale.hold": seconds = 30,
	"scale.hold-max": most = 256,
}: Wishes): NonNullable<PoolPolicy["wait"]> {
	return { ms: seconds * 1_000, most };
}

/** What each thing of which a pool has one comes to when a container decides. */
const comesTo = {
	sticky: ({ sticky = "off" }: Wishes) => sticky,
	check: ({ check = "none" }: Wishes) => check,
} as const;

/** Told of members: whoever is none has another thing to mend first. */
function disagreements(one: Voice, oldest: Voice, { prefix }: LabelLanguage): readonly Problem[] {
	if (!one.isMember) return [];
	const { name } = oldest.container;
	return (["sticky", "check"] as const).flatMap((key) => {
		const [wanted, said] = [one.wishes[key], oldest.wishes[key]];
		const holds = comesTo[key](oldest.wishes);
		if (wanted === undefined || wanted === holds) return [];
		const label = prefix + key;
		return disagreement(one.container.name, {
			label,
			wanted,
			holds,
			said,
			pool: one.pool,
			who: "container",
			name,
		});
	});
}

type Difference = {
	readonly label: string;
	readonly wanted: string;
	readonly holds: string;
	readonly pool: string;
	/** Whose word it is: the oldest of these, and its name. */
	readonly who: "container" | "original";
	readonly name: string;
	/** Undefined: it decides by what it leaves unsaid. */
	readonly said: string | undefined;
};

/** @param subject the younger one's name */
export function disagreement(
	subject: string,
	{ label, wanted, holds, pool, who, name, said = "nothing of it" }: Difference,
): Problem {
	return {
		code: "pool-disagreement",
		severity: "problem",
		subject,
		message: `label ${label} is ${wanted}, but ${holds} holds for the pool ${pool}: its oldest ${who}, ${name}, decides, and says ${said}`,
		hint: `it passes once ${name} is gone; to agree now, recreate one of the two with the label of the other`,
	};
}
