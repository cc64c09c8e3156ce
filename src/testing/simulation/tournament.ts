import type { Law } from "./law.ts";
import { loadOf } from "./load.ts";
import { type Played, play } from "./play.ts";
import { raw } from "./rivals.ts";
import type { Scenario } from "./scenarios.ts";

/** What each law makes of each scenario, with the same requests and the same starts. */
export function tournament(
	laws: readonly Law[],
	scenarios: readonly Scenario[],
	seed: number,
): readonly Round[] {
	return scenarios.map((scenario) => {
		const load = loadOf(scenario, seed);
		return { scenario: scenario.name, played: laws.map((law) => play(law, scenario, seed, load)) };
	});
}

export type Round = { readonly scenario: string; readonly played: readonly Played[] };

export type Total = Pick<Played, "law" | "slowPercent" | "replicaSeconds" | "reversalsPerHour">;

/** Over all rounds: replica-seconds added up, the others as a mean in which each scenario counts alike. */
export function totalOf(rounds: readonly Round[], name: string): Total {
	const played = rounds.flatMap((round) => round.played.filter(({ law }) => law === name));
	const sum = (value: (one: Played) => number) => played.reduce((total, one) => total + value(one), 0);
	return {
		law: name,
		slowPercent: sum(({ slowPercent }) => slowPercent) / played.length,
		replicaSeconds: sum(({ replicaSeconds }) => replicaSeconds),
		reversalsPerHour: sum(({ reversalsPerHour }) => reversalsPerHour) / played.length,
	};
}

/** Raw concurrency that aims lower, and so has more to spare. */
export function rawAt(share: number): Law {
	return {
		name: `raw × ${share}`,
		begin: (policy) => raw.begin({ ...policy, target: policy.target * share }),
	};
}
