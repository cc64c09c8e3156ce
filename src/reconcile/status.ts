import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import { emptyFleet, type Fleet, type Hold, membersOf } from "../model/fleet.ts";
import { newProblems, type Problem } from "../model/problem.ts";
import type { ReloadReason } from "../model/step.ts";
import { createEngineBoard, type EngineState, type StreamNews } from "./engine-board.ts";
import type { Outcome } from "./outcome.ts";

/** What the controller knows of itself and of what it serves: JSON of the status API, and the table of `ballast status`. */
export type Status = {
	/** `degraded`: it serves, but a problem waits for a person. */
	readonly state: "starting" | "ok" | "degraded";
	readonly pools: number;
	readonly servers: number;
	/** The generation in force. */
	readonly generation: string | null;
	/** ISO 8601: when the loop last went round, whatever came of it; and when HAProxy was last changed. */
	readonly lastTurn: string | null;
	readonly lastReload: {
		readonly at: string;
		readonly took: number;
		readonly reasons: readonly ReloadReason[];
	} | null;
	/** Since the controller started: how many, and how many of them to repair what the Runtime API would not do. */
	readonly reloads: { readonly count: number; readonly repairs: number };
	readonly oldProcesses: OldProcesses;
	readonly engine: EngineState;
	/** Servers that a person has drained or put into maintenance. */
	readonly held: readonly { readonly container: string; readonly hold: Hold }[];
	readonly problems: readonly Problem[];
};

/** What no process has to be asked for. */
export type OwnStatus = Omit<Status, "oldProcesses">;

/** What reloads have replaced and still has clients; `endAfter` as HAProxy writes times, such as `30m`. */
export type OldProcesses = {
	readonly endAfter: string;
	readonly processes: readonly {
		readonly pid: number;
		readonly open: number;
		/** Seconds. */
		readonly oldest: number | undefined;
		readonly servers: readonly { readonly server: string; readonly open: number }[];
	}[];
};

export type StatusBoard = {
	/** Gives the problems that wait for a person and did not at the turn before: each is worth a line in the log. */
	readonly turned: (outcome: Outcome, took: number) => readonly Problem[];
	/** The same of a pass that had to do without Docker: the failure that led to it stays. */
	readonly withoutEngine: (outcome: Outcome, took: number) => readonly Problem[];
	/**
	 * Gives the failure as a problem, unless it is the one of the turn before. An engine that could not be read once, and
	 * can be at the next try, is none.
	 */
	readonly failed: (thrown: unknown) => readonly Problem[];
	readonly engine: (news: StreamNews) => void;
	/** Whether changes happen that no event tells of. */
	readonly engineIsSilent: (isSilent: boolean) => void;
	readonly view: () => OwnStatus;
	/** What the latest pass that did not fail came to. */
	readonly outcome: () => Outcome | undefined;
	/** Milliseconds since the loop last went round. */
	readonly sinceLastTurn: () => number;
};

/** Keeps what the latest passes came to. A failed pass leaves the last outcome and adds its cause. */
export function createStatusBoard(clock: Clock): StatusBoard {
	const started = clock.now();
	let last: Outcome | undefined;
	let failure: Problem | undefined;
	const engine = createEngineBoard(clock);
	/** By the machine's clock, and by ours. */
	let lastTurn: { readonly wall: number; readonly now: number } | undefined;
	const moment = () => ({ wall: clock.wall(), now: clock.now() });
	let lastReload: Status["lastReload"] = null;
	let reloads = { count: 0, repairs: 0 };
	let told: readonly Problem[] = [];

	function turned(outcome: Outcome, took: number): readonly Problem[] {
		failure = undefined;
		engine.readWorked();
		return withoutEngine(outcome, took);
	}

	function withoutEngine(outcome: Outcome, took: number): readonly Problem[] {
		[last, lastTurn] = [outcome, moment()];
		const reload = outcome.steps.find((step) => step.kind === "reload");
		if (reload !== undefined) {
			lastReload = { at: isoTime(lastTurn.wall), took: Math.round(took), reasons: reload.reasons };
			reloads = counted(reloads, reload.reasons);
		}
		return news();
	}

	function failed(thrown: unknown): readonly Problem[] {
		const problem = failureProblem(thrown);
		const isFirst = problem.subject === "engine" && engine.readFailed(messageOf(thrown)) === 1;
		[failure, lastTurn] = [isFirst ? failure : problem, moment()];
		return news();
	}

	/** What is a problem now, and was not when this was last asked. */
	function news(): readonly Problem[] {
		const { problems } = view();
		const fresh = newProblems(problems, told);
		told = problems;
		return fresh;
	}

	function view(): OwnStatus {
		const present = failure ?? engine.problem();
		const problems = [...(present === undefined ? [] : [present]), ...(last?.problems ?? [])];
		return {
			state: stateOf(last, problems),
			...sizeOf(last?.fleet),
			generation: last?.generation ?? null,
			lastTurn: lastTurn === undefined ? null : isoTime(lastTurn.wall),
			lastReload,
			reloads,
			engine: engine.view(),
			held: heldIn(last?.fleet ?? emptyFleet),
			problems,
		};
	}

	return {
		turned,
		withoutEngine,
		failed,
		engine: engine.stream,
		engineIsSilent: engine.silent,
		view,
		outcome: () => last,
		sinceLastTurn: () => clock.now() - (lastTurn?.now ?? started),
	};
}

function counted({ count, repairs }: Status["reloads"], reasons: readonly ReloadReason[]): Status["reloads"] {
	const isRepair = reasons.every(({ kind }) => kind === "process-differs");
	return { count: count + 1, repairs: repairs + Number(isRepair) };
}

function stateOf(last: Outcome | undefined, problems: readonly Problem[]): Status["state"] {
	if (problems.some((problem) => problem.severity === "problem")) return "degraded";
	return last?.generation === undefined ? "starting" : "ok";
}

function sizeOf(fleet: Fleet | undefined): Pick<Status, "pools" | "servers"> {
	if (fleet === undefined) return { pools: 0, servers: 0 };
	return { pools: fleet.pools.length, servers: membersOf(fleet).length };
}

function heldIn(fleet: Fleet): Status["held"] {
	return membersOf(fleet).flatMap(({ server: { container, state } }) =>
		state === undefined ? [] : [{ container: container.name, hold: state }],
	);
}

function failureProblem(thrown: unknown): Problem {
	const known = thrown instanceof AppError ? thrown : undefined;
	return {
		code: known?.code ?? "pass-failed",
		severity: "problem",
		subject: known?.code.startsWith("docker") ? "engine" : "controller",
		message: `${messageOf(thrown)}; what was served goes on`,
		hint: known?.hint ?? "it is tried again by itself; if this stays, the controller's log has the details",
	};
}

function isoTime(ms: number): string {
	return new Date(ms).toISOString();
}
