import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Announcement } from "../model/announcement.ts";
import type { Problem } from "../model/problem.ts";
import { createLane } from "./lane.ts";

/** Somebody who is told of events, one at a time and in their order: a handler or a webhook. */
export type Listener = AsyncDisposable & {
	/** False when it is too far behind, so that it will never hear of this one. Neither waits nor throws. */
	readonly tell: (announcement: Announcement) => boolean;
	/** What is wrong since its last delivery, and whether it misses events. */
	readonly problems: () => readonly Problem[];
	readonly idle: () => boolean;
};

/**
 * Tells one announcement, and gives what came of it.
 *
 * @param trouble is told what is wrong while it is still being tried
 */
export type Deliver = (
	announcement: Announcement,
	trouble: (problem: Problem) => void,
	signal: AbortSignal,
) => Promise<Delivery>;

export type Delivery = {
	/** Undefined when it was heard. */
	readonly problem: Problem | undefined;
	/** For the log. */
	readonly facts: { readonly took?: number; readonly output?: string };
};

export type ListenerParts = {
	/** The handler's path, or how a webhook is called. */
	readonly name: string;
	readonly deliver: Deliver;
	readonly log: Log;
	/** How many announcements may wait. */
	readonly most?: number;
};

export function createListener({ name, deliver, log, most = 2_000 }: ListenerParts): Listener {
	const end = new AbortController();
	const lane = createLane(most, (dropped) => {
		if (dropped > 0) log.info({ dropped }, `${name} has caught up, and was not told of ${dropped} event(s)`);
	});
	let failure: Problem | undefined;

	function tell(announcement: Announcement): boolean {
		const told = lane.take(() => hear(announcement));
		// It rejects when it is forgotten at the end.
		told?.catch(() => undefined);
		if (told === undefined && lane.dropped() === 1) logged("warn", behind(), announcement);
		return told !== undefined;
	}

	async function hear(announcement: Announcement): Promise<void> {
		const trouble = (problem: Problem) => fail(problem, announcement, {});
		try {
			const { problem, facts } = await deliver(announcement, trouble, end.signal);
			if (end.signal.aborted) return;
			if (problem !== undefined) return fail(problem, announcement, facts);
			succeed(announcement, facts);
		} catch (thrown) {
			if (!end.signal.aborted) log.error({ event: announcement.event }, `${name}: ${messageOf(thrown)}`);
		}
	}

	function fail(problem: Problem, announcement: Announcement, facts: Delivery["facts"]): void {
		const isNews = problem.message !== failure?.message;
		failure = problem;
		logged(isNews ? "warn" : "debug", problem, announcement, facts);
	}

	function succeed({ event }: Announcement, facts: Delivery["facts"]): void {
		const isNews = failure !== undefined || (facts.output ?? "") !== "";
		failure = undefined;
		log[isNews ? "info" : "debug"]({ event, ...facts }, `${name} was told of ${event}`);
	}

	function logged(level: "warn" | "debug", problem: Problem, { event }: Announcement, facts = {}): void {
		const { code, subject, message, hint } = problem;
		log[level]({ code, subject, hint, event, ...facts }, `${subject}: ${message}`);
	}

	function behind(): Problem {
		return {
			code: "events-dropped",
			severity: "problem",
			subject: name,
			message: `${lane.dropped()} event(s) were not handed to it: ${most} wait already`,
			hint: "let it take less time for each: what waits goes on in order, what was dropped is lost to it",
		};
	}

	return {
		tell,
		idle: lane.idle,
		problems: () => [...(failure === undefined ? [] : [failure]), ...(lane.dropped() > 0 ? [behind()] : [])],
		[Symbol.asyncDispose]: async () => {
			end.abort();
			await lane[Symbol.asyncDispose]();
		},
	};
}
