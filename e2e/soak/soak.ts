import { messageOf } from "../../src/errors.ts";
import { agreeOn } from "../harness/agreement.ts";
import type { Loss } from "../load/ledger.ts";
import { createStage, type Stage } from "../load/stage.ts";
import type { Verdict } from "../load/verdict.ts";
import { randomFrom } from "./random.ts";
import { leaksBetween, type Vitals, vitalsOf } from "./vitals.ts";
import { createWalk, type Outage, type Walk } from "./walk.ts";

export type Soak = {
	readonly minutes: number;
	/** A run with the same seed takes the same way. */
	readonly seed: number;
	readonly tell: (line: string) => void;
};

/** One thing that was done, in milliseconds since 1970. */
type Act = { readonly name: string; readonly since: number; readonly until: number };

/** What came of a minute or so of random change under load. */
type Round = {
	readonly acts: readonly Act[];
	readonly verdict: Verdict;
	/** Safe requests that were lost for no reason that promise 9 knows. */
	readonly lost: readonly Loss[];
	readonly vitals: Vitals;
	/** Who does not agree on who is served, once all is at rest. */
	readonly disagreement: string | undefined;
};

const roundMs = 45_000;

/** Rounds of random change, each under load, compared with the engine at its end. Gives what was not as it has to be. */
export async function soak({ minutes, seed, tell }: Soak): Promise<readonly string[]> {
	await using stage = await createStage("soak");
	const walk = await createWalk(stage, randomFrom(seed));
	const end = Date.now() + minutes * 60_000;
	const rounds: Round[] = [];
	while (Date.now() < end) {
		const round = await oneRound(stage, walk);
		rounds.push(round);
		tell(lineOf(round, rounds.length, walk));
	}
	tell(summaryOf(rounds));
	return faultsOf(rounds);
}

async function oneRound(stage: Stage, walk: Walk): Promise<Round> {
	const acts: Act[] = [];
	const end = Date.now() + roundMs;
	const verdict = await stage.load("round", async () => {
		while (Date.now() < end) {
			const since = Date.now();
			acts.push({ name: await walk.step(), since, until: Date.now() });
		}
	});
	const lost = verdict.safe.filter((loss) => !walk.outages().some((outage) => isWithin(loss, outage)));
	const disagreement = await agreeOn(stage.proxy, ...walk.members()).then(() => undefined, messageOf);
	return { acts, verdict, lost, disagreement, vitals: await vitalsOf(stage.proxy) };
}

/** HAProxy itself was killed, and with it every connection. */
function isWithin({ at, after }: Loss, { since, until }: Outage): boolean {
	const sent = Date.parse(at);
	return sent <= until && sent + after >= since;
}

function lineOf({ acts, verdict, lost, vitals, disagreement }: Round, number: number, walk: Walk): string {
	const { controller, haproxy, files, oldWorkers } = vitals;
	return [
		`${new Date().toISOString()} round ${number}: ${acts.length} changes, ${walk.members().length} servers`,
		`${verdict.answered} answered, ${lost.length} safe lost, ${verdict.unsafe.length} others, ${verdict.replayed.length} replayed`,
		`controller ${controller.toFixed(0)} MiB, ${files} files, HAProxy ${haproxy.toFixed(0)} MiB, ${oldWorkers} old workers`,
		disagreement === undefined ? "all agree" : `DISAGREE: ${disagreement}`,
	].join("; ");
}

function summaryOf(rounds: readonly Round[]): string {
	const counts = new Map<string, number>();
	for (const { name } of rounds.flatMap(({ acts }) => acts)) counts.set(name, (counts.get(name) ?? 0) + 1);
	const acts = [...counts].toSorted(([, a], [, b]) => b - a).map(([act, count]) => `${count} × ${act}`);
	const sum = (of: (round: Round) => number) => rounds.reduce((all, round) => all + of(round), 0);
	return [
		`${rounds.length} rounds: ${acts.join(", ")}`,
		`${sum(({ verdict }) => verdict.answered)} requests answered, ${sum(({ lost }) => lost.length)} safe ones lost`,
		`${sum(({ verdict }) => verdict.unsafe.length)} others lost with the app or with HAProxy, ${rounds.at(-1)?.verdict.replayed.length} replayed`,
	].join("\n");
}

/** With what was done meanwhile, and in the seconds before. */
function tellLoss(loss: Loss, acts: readonly Act[]): string {
	const sent = Date.parse(loss.at);
	const around = acts.filter(({ since, until }) => until > sent - 6_000 && since < sent + loss.after);
	const times = around.map(({ name, since, until }) => `${name} (${since - sent} to ${until - sent} ms)`);
	return `lost: ${JSON.stringify(loss)}, beside: ${times.join(", ")}`;
}

function faultsOf(rounds: readonly Round[]): readonly string[] {
	const [early, late] = [rounds[0]?.vitals, rounds.at(-1)?.vitals];
	return [
		...rounds.flatMap(({ lost, acts }) => lost.map((loss) => tellLoss(loss, acts))),
		// The count goes on from round to round.
		...(rounds.at(-1)?.verdict.replayed ?? []).map((id) => `sent twice: POST ${id}`),
		...rounds.flatMap(({ verdict }) => verdict.uncounted.map((id) => `answered by nobody: POST ${id}`)),
		...rounds.flatMap(({ disagreement }) => (disagreement === undefined ? [] : [disagreement])),
		...(early === undefined || late === undefined ? [] : leaksBetween(early, late)),
	];
}
