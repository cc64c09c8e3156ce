import { eitherOf } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { tellsOfStandIn } from "../model/boot.ts";
import { happeningsOf, problemHappenings } from "../model/happening.ts";
import type { Problem } from "../model/problem.ts";
import type { Outcome } from "./outcome.ts";
import type { Announce, Hints } from "./ports.ts";
import type { Reconciler } from "./reconcile.ts";
import type { StatusBoard } from "./status.ts";
import type { Trigger } from "./trigger.ts";

export type LoopParts = {
	readonly trigger: Trigger;
	readonly reconciler: Reconciler;
	readonly status: StatusBoard;
	readonly announce: Announce;
	readonly clock: Clock;
	readonly log: Log;
	readonly times: LoopTimes;
};

/** All in milliseconds. */
export type LoopTimes = {
	/** Between two full lists, events or not. */
	readonly resync: number;
	/** After a pass that changed something, until the next one, so that a burst becomes a few; what leaves does not wait. */
	readonly rest: number;
	/** How long HAProxy waits for Docker at the start, before it serves without. */
	readonly boot: number;
};

/** In a row: after that the file has waited long enough for its check. */
const mostOvertakings = 5;
const never = new AbortController().signal;

const everything: Hints = { all: true, containers: new Set(), urgent: false, look: true };

/**
 * One pass at a time, for ever: reconciles, reports, waits for hints. A pass that fails is tried again with growing
 * gaps, as a full one, and nothing that was serving changes meanwhile (promise 2). Ends when the signal aborts.
 */
export async function runLoop(parts: LoopParts, signal: AbortSignal): Promise<void> {
	const { trigger, clock, times } = parts;
	/** When HAProxy is to serve without Docker's answer; never again once it serves. */
	let standInAt = clock.now() + times.boot;
	let lastFull = Number.NEGATIVE_INFINITY;
	// The first pass waits for nothing: an engine that is away sends no event that could hint at it.
	let hints = everything;
	while (!signal.aborted) {
		const outcome = await untilDone();
		standInAt = Number.POSITIVE_INFINITY;
		if (hints.all) lastFull = clock.now();
		const rest = outcome.steps.length > 0 ? times.rest : 0;
		const hinted = await trigger.next({ rest, within: outcome.again }, signal);
		hints = clock.now() - lastFull >= times.resync ? together(everything, hinted) : hinted;
	}

	async function untilDone(): Promise<Outcome> {
		for (let attempt = 1; ; attempt += 1) {
			const outcome = await unhurried();
			if (outcome !== undefined) return outcome;
			hints = together(everything, hints);
			await standInIfDue();
			await restFor(gapAfter(attempt));
		}
	}

	/** Who leaves is taken out all the same, if HAProxy can be reached. */
	async function restFor(ms: number): Promise<void> {
		using enough = eitherOf(signal, trigger.overtaken());
		await clock.sleep(ms, enough.signal).catch(() => signal.throwIfAborted());
	}

	/** Passes that are overtaken, and the one that is not. */
	async function unhurried(): Promise<Outcome | undefined> {
		for (let overtakings = 0; ; overtakings += 1) {
			const overtaken = overtakings < mostOvertakings ? trigger.overtaken() : never;
			const turned = await turn(parts, hints, overtaken, signal);
			if (turned !== "overtaken") return turned;
			hints = together(hints, await trigger.next({ rest: 0, within: 0 }, signal));
		}
	}

	async function standInIfDue(): Promise<void> {
		if (clock.now() < standInAt) return;
		if (await serveWithoutEngine(parts, signal)) standInAt = Number.POSITIVE_INFINITY;
	}

	function gapAfter(attempt: number): number {
		// A quarter is left to chance: others whom the same engine has refused come back at other moments.
		const gap = Math.min(200 * 2 ** (attempt - 1), 2_000) * (1 - Math.random() / 4);
		const untilStandIn = standInAt - clock.now();
		return untilStandIn > 0 ? Math.min(gap, untilStandIn) : gap;
	}
}

function together(some: Hints, others: Hints): Hints {
	return {
		all: some.all || others.all,
		containers: new Set([...some.containers, ...others.containers]),
		urgent: some.urgent || others.urgent,
		look: some.look || others.look,
	};
}

/** Undefined when the pass failed, which is then told already. */
async function turn(
	parts: LoopParts,
	hints: Hints,
	overtaken: AbortSignal,
	signal: AbortSignal,
): Promise<Outcome | "overtaken" | undefined> {
	const { reconciler, status, announce, clock, log } = parts;
	const started = clock.now();
	try {
		const outcome = await reconciler.pass(hints, overtaken, signal);
		if (outcome === undefined) return "overtaken";
		const took = clock.now() - started;
		const news = status.turned(outcome, took);
		announce(happeningsOf(outcome, news));
		reportProblems(news, log);
		report(outcome, took, log);
		return outcome;
	} catch (thrown) {
		signal.throwIfAborted();
		tellFailure(thrown, parts);
		return undefined;
	}
}

function report(outcome: Outcome, took: number, log: Log): void {
	const reload = outcome.steps.find((step) => step.kind === "reload");
	if (reload === undefined) return;
	log.info(
		{ generation: outcome.generation, took: Math.round(took), reasons: reload.reasons },
		"HAProxy has a new generation",
	);
}

/** Each is a line. */
export function reportProblems(problems: readonly Problem[], log: Log): void {
	for (const { code, subject, message, hint } of problems)
		log.warn({ code, subject, hint }, `${subject}: ${message}`);
}

/** The same failure again is no news. */
function tellFailure(thrown: unknown, { status, announce, log }: LoopParts): void {
	const news = status.failed(thrown);
	if (news.length === 0) return;
	announce(problemHappenings(news));
	const hint = thrown instanceof AppError ? thrown.hint : undefined;
	log.warn({ hint, stack: stackOf(thrown) }, `a pass failed, what was served goes on: ${messageOf(thrown)}`);
}

/** True once it serves all that it can: servers of an earlier life may begin to answer later. */
async function serveWithoutEngine(parts: LoopParts, signal: AbortSignal): Promise<boolean> {
	const { reconciler, status, announce, clock, log } = parts;
	const started = clock.now();
	try {
		const outcome = await reconciler.passWithoutEngine(signal);
		const news = status.withoutEngine(outcome, clock.now() - started);
		announce(happeningsOf(outcome, news));
		reportProblems(news, log);
		const isAll = outcome.generation !== undefined && !outcome.problems.some(tellsOfStandIn);
		if (isAll || outcome.steps.length > 0)
			log.warn(
				{ generation: outcome.generation },
				"Docker does not answer: HAProxy serves without a list of containers",
			);
		return isAll;
	} catch (thrown) {
		signal.throwIfAborted();
		tellFailure(thrown, parts);
		return false;
	}
}

/** Only of what nobody foresaw: an AppError says all in its message. */
function stackOf(thrown: unknown): string | undefined {
	return thrown instanceof AppError || !(thrown instanceof Error) ? undefined : thrown.stack;
}
