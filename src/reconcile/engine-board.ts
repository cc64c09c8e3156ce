import type { Clock } from "../clock.ts";
import type { Problem } from "../model/problem.ts";

/** The way to the engine, as `ballast status` shows it. */
export type EngineState = {
	/** Whether Docker's events are followed; since when that is so, in ISO 8601. */
	readonly connected: boolean;
	readonly since: string | null;
	/** Counts the tries since the last stream that held. */
	readonly attempt: number;
	/** Of the latest try that failed, while there is no stream that holds. */
	readonly cause?: string | undefined;
	/** When the next try is due, in ISO 8601. */
	readonly nextTry?: string | undefined;
	/** How often the stream broke off in the last ten minutes, and why at last. */
	readonly cuts?: { readonly count: number; readonly cause: string } | undefined;
	/** Present while the containers can't be read. */
	readonly reading?: Reading | undefined;
};

type Reading = { readonly attempt: number; readonly since: string; readonly cause: string };

/** What the event stream tells of itself. `nextTryIn` is in milliseconds. */
export type StreamNews = {
	readonly connected: boolean;
	readonly attempt: number;
	readonly cause?: string;
	readonly nextTryIn?: number;
};

export type EngineBoard = {
	readonly stream: (news: StreamNews) => void;
	/** Whether changes happen that no event tells of. */
	readonly silent: (isSilent: boolean) => void;
	/** A read of the containers has failed, or worked. Gives how many have failed in a row. */
	readonly readFailed: (cause: string) => number;
	readonly readWorked: () => void;
	readonly view: () => EngineState;
	readonly problem: () => Problem | undefined;
};

const cutsAreToldForMs = 600_000;

/** Remembers how the engine could be reached. */
export function createEngineBoard(clock: Clock): EngineBoard {
	let stream: Omit<EngineState, "cuts" | "reading"> = { connected: false, since: null, attempt: 0 };
	let reading: Reading | undefined;
	let isSilent = false;
	let cuts: readonly { readonly at: number; readonly cause: string }[] = [];

	const isoIn = (ms: number) => new Date(clock.wall() + ms).toISOString();

	function tell({ connected, attempt, cause, nextTryIn }: StreamNews): void {
		const isCut = stream.connected && !connected;
		if (isCut) cuts = [...recent(), { at: clock.now(), cause: cause ?? "no reason given" }];
		const isNew = stream.since === null || stream.connected !== connected;
		stream = {
			connected,
			since: isNew ? isoIn(0) : stream.since,
			attempt,
			// Until it holds, why it did not hold before still matters.
			cause: attempt > 1 ? (cause ?? stream.cause) : cause,
			nextTry: nextTryIn === undefined ? undefined : isoIn(nextTryIn),
		};
	}

	function recent(): typeof cuts {
		return cuts.filter(({ at }) => clock.now() - at < cutsAreToldForMs);
	}

	function view(): EngineState {
		const told = recent();
		const last = told.at(-1);
		return { ...stream, cuts: last && { count: told.length, cause: last.cause }, reading };
	}

	return {
		stream: tell,
		silent: (now) => {
			isSilent = now;
		},
		readFailed: (cause) => {
			const { attempt, since } = reading ?? { attempt: 0, since: isoIn(0) };
			reading = { attempt: attempt + 1, since, cause };
			return reading.attempt;
		},
		readWorked: () => {
			reading = undefined;
		},
		view,
		problem: () => deafness(stream) ?? (stream.connected && isSilent ? silence : undefined),
	};
}

/**
 * A stream that was cut and holds again at the first try is no news: what stands between may cut it every few minutes. One
 * that is cut again and again as soon as it is open is none that holds.
 */
function deafness({ connected, attempt, cause }: EngineState): Problem | undefined {
	if (attempt < (connected ? 3 : 2)) return undefined;
	return {
		code: "docker-events",
		severity: "problem",
		subject: "engine",
		message: `Docker's events can't be followed, so that changes are seen late: ${cause ?? "no reason given"}`,
		hint: "it is tried again by itself; if this stays, see that the engine runs and that its /events may be read",
	};
}

const silence: Problem = {
	code: "docker-events-silent",
	severity: "problem",
	subject: "engine",
	message:
		"Docker's event stream is open, but tells nothing of what changes: that is seen by the full list, once a minute",
	hint: "see that what stands between does not hold answers back (a proxy that buffers): docker events tells, asked the same way",
};
