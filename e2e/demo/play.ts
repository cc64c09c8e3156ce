import { agreeOn } from "../harness/agreement.ts";
import { inspect } from "../harness/docker.ts";
import { type MembershipLine, printedLines } from "../harness/membership.ts";
import { type Answer, ask, keepAsking, lostAmong } from "./asking.ts";
import { perform, type Stage, unlessAborted } from "./stage.ts";
import type { Act, Step } from "./steps.ts";

/** What came of a step. */
export type Outcome = {
	/** What the membership log says of it. */
	readonly lines: readonly MembershipLine[];
	/** From the container's start to its first answer through the proxy, or from the command to its last; else 0. */
	readonly answerMs: number;
	/** From the command until everybody agreed on who serves. */
	readonly agreedMs: number;
	/** Who answered a round of requests afterwards, and how many of them. */
	readonly round: ReadonlyMap<string, number>;
	/** How many requests were sent all the while, and those that failed. */
	readonly asked: number;
	readonly lost: readonly Answer[];
};

const roundSize = 60;

/** Does what the step says, while a client keeps asking, and proves that everybody agrees on who serves then. */
export async function play({ act, serving }: Step, stage: Stage, signal: AbortSignal): Promise<Outcome> {
	const { proxy, sandbox } = stage;
	const wasEmpty = stage.serverByIp.size === 0;
	const linesBefore = (await printedLines(proxy)).length;
	const asking = keepAsking(proxy.url);
	const began = Date.now();
	await perform(act, stage);
	await unlessAborted(agreeOn(proxy, ...serving.map(sandbox.nameOf)), signal);
	const agreedMs = Date.now() - began;
	const round = await askRound(stage);
	const answers = await asking.stop();
	return {
		lines: (await printedLines(proxy)).slice(linesBefore),
		answerMs: await answerMsOf(act, stage, answers, began),
		agreedMs,
		round,
		asked: answers.length,
		lost: lostAmong(answers, wasEmpty),
	};
}

async function askRound({ proxy, serverByIp }: Stage): Promise<ReadonlyMap<string, number>> {
	const counts = new Map<string, number>();
	for (let sent = 0; sent < roundSize; sent += 1) {
		const { ip = "", otherwise = "" } = await ask(proxy.url);
		const who = serverByIp.get(ip) ?? `nobody (${otherwise})`;
		counts.set(who, (counts.get(who) ?? 0) + 1);
	}
	return new Map([...counts].sort());
}

async function answerMsOf(
	act: Act,
	{ sandbox, serverByIp }: Stage,
	answers: readonly Answer[],
	began: number,
): Promise<number> {
	if (act.kind === "nothing") return 0;
	const its = answers.filter(({ ip = "" }) => serverByIp.get(ip) === act.server);
	if (act.kind !== "start") return Math.max(0, (its.at(-1)?.at ?? began) - began);
	const started = Date.parse(String(await inspect(sandbox.nameOf(act.server), ".State.StartedAt")));
	return (its.at(0)?.at ?? Number.NaN) - started;
}
