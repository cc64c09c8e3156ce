import { readMarks } from "./clone-labels.ts";
import { defaultPool } from "./fleet.ts";
import type { LabelLanguage } from "./labels.ts";
import { disagreement } from "./policy.ts";
import type { Problem } from "./problem.ts";
import { scaleVocabulary } from "./scale-labels.ts";
import { byAge, scalePolicyOf } from "./scaled-pools.ts";
import type { Standing } from "./standing.ts";

/**
 * What younger originals say about their pool's size, and does not hold, as the oldest decides. Told of members, as with all that
 * is about a pool. Clones have no say: they go with what they were made of, and others follow.
 */
export function scaleDisagreements(
	standings: readonly Standing[],
	language: LabelLanguage,
): readonly Problem[] {
	const originals = standings
		.filter(({ hasSay, container }) => hasSay && readMarks(container, language.prefix) === undefined)
		.toSorted(byAge);
	const pools = Map.groupBy(originals, ({ reading }) => reading.wishes.pool ?? defaultPool);
	return [...pools].flatMap(([pool, [oldest, ...others]]) => {
		if (oldest === undefined) return [];
		return others
			.filter(({ member }) => member !== undefined)
			.flatMap((one) => between(one, oldest, pool, language));
	});
}

type ScaleKey = keyof typeof scaleVocabulary;

function between(
	one: Standing,
	oldest: Standing,
	pool: string,
	{ prefix }: LabelLanguage,
): readonly Problem[] {
	// Where no size is asked for, the other labels are about nothing.
	const keys = oldest.reading.wishes.scale === undefined ? (["scale"] as const) : allKeys;
	return keys.flatMap((key) => {
		const label = prefix + key;
		const [wanted, said] = [one, oldest].map(({ container }) => container.labels[label]);
		const holds = said ?? unsaid(oldest)[key];
		if (wanted === undefined || isSame(key, wanted, holds)) return [];
		const { name } = oldest.container;
		return disagreement(one.container.name, { label, wanted, holds, said, pool, who: "original", name });
	});
}

const allKeys = Object.keys(scaleVocabulary).filter((key): key is ScaleKey => key in scaleVocabulary);

/** What each comes to where the oldest says nothing of it. */
function unsaid({ container, reading }: Standing): Readonly<Record<ScaleKey, string>> {
	const wishes = { scale: { min: 1, max: 1 }, ...reading.wishes };
	const policy = scalePolicyOf(wishes, container);
	return {
		scale: "none",
		"scale.compose": "join",
		"scale.cpu": policy?.cpu === undefined ? "off" : `${policy.cpu * 100}%`,
		"scale.down-after": "ten times what a start takes",
		"scale.hold": "30s",
		"scale.hold-max": "256",
		"scale.idle": `${(policy?.idleMs ?? 0) / 1_000}s`,
		"scale.mode": "auto",
		"scale.ports": "refuse",
		"scale.queue": `${policy?.queueMs}ms`,
		"scale.ready": `${(policy?.readyMs ?? 0) / 1_000}s`,
		"scale.rps": "none",
		"scale.target": `${policy?.target}`,
		"scale.volumes": "refuse",
	};
}

/** A time or a range can be written in two ways. */
function isSame(key: ScaleKey, wanted: string, holds: string): boolean {
	const { parse } = scaleVocabulary[key];
	return JSON.stringify(parse(wanted)) === JSON.stringify(parse(holds));
}
