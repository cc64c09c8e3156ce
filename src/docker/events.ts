import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { answerOf, fullId } from "./answer.ts";
import type { DockerClient } from "./client.ts";
import { createEventMemory, type EventMemory } from "./event-memory.ts";
import { signalNumber } from "./signals.ts";
import { openStream, type Stream } from "./stream.ts";

/**
 * What an event says: which container to read again. Nothing of it becomes state, but for the signal of a `kill`, and the
 * exit code of one that is gone before it is read.
 */
export type DockerEvent = {
	readonly containerId: string;
	/** Docker's own word, such as `die`, `kill`, `health_status: healthy`; `connect` and `disconnect` are a network's. */
	readonly action: string;
	/** When it happened by the engine's clock, in milliseconds since 1970. */
	readonly at: number;
	/** The number of the signal, of a `kill`. */
	readonly signal?: number;
	/** Of a `die`. */
	readonly exitCode?: number;
};

/** The subscription, as a person is told of it. */
export type StreamState = {
	readonly connected: boolean;
	/** Counts the tries since the last stream that held, from 1. */
	readonly attempt: number;
	/** Why there is no stream, and when the next try is due, in milliseconds from now. */
	readonly cause?: unknown;
	readonly nextTryIn?: number;
};

/**
 * All in milliseconds.
 *
 * An engine without news and one whose news are lost on the way (a connection that is half open, a proxy that holds back)
 * look alike. There is nothing to ask an open stream, so one that is silent is replaced: the next is opened first, and then
 * everything is listed, which is due once a minute anyway. So a lost stream is found a minute after its last word, for one
 * request.
 */
type StreamTimes = {
	/** Between two tries: at first, and at most. */
	readonly shortest: number;
	readonly longest: number;
	/** A stream that holds for so long was a good one: after it, the next is opened at once. */
	readonly good: number;
	/** One that says nothing for so long is replaced. */
	readonly silent: number;
};

export type Following = {
	readonly client: Pick<DockerClient, "events">;
	readonly clock: Clock;
	readonly onEvent: (event: DockerEvent) => void;
	/** What happened while nobody listened, in its order; a full list tells what it has come to. */
	readonly onMissed?: (event: DockerEvent) => void;
	/** Up to when an earlier life has heard of all, by the engine's clock, in milliseconds since 1970. */
	readonly heardUntil?: number | undefined;
	/** Something may have been missed, so list everything: after each subscription, and at a line that makes no sense. */
	readonly onConnected: () => void;
	readonly onState: (state: StreamState) => void;
	readonly log: Log;
	readonly times?: Partial<StreamTimes>;
};

const standardTimes: StreamTimes = { shortest: 100, longest: 5_000, good: 2_000, silent: 60_000 };

/** Follows the engine's events, and connects again whatever happens, until the signal aborts: then it rejects with its reason. */
export async function followEvents(following: Following, signal: AbortSignal): Promise<never> {
	const times = { ...standardTimes, ...following.times };
	const memory = createEventMemory(following.heardUntil);
	for (let attempt = 1; ; ) {
		const { cause, wasGood } = await followOnce({ ...following, times, memory }, attempt, signal);
		signal.throwIfAborted();
		const told = attempt === 1 || wasGood ? "warn" : "debug";
		following.log[told](
			{ attempt, reason: messageOf(cause) },
			"Docker's events can't be followed, connecting again",
		);
		if (wasGood) attempt = 1;
		const nextTryIn = wasGood ? 0 : gapAfter(attempt, times);
		following.onState({ connected: false, attempt, cause, nextTryIn });
		if (nextTryIn > 0) await following.clock.sleep(nextTryIn, signal).catch(() => signal.throwIfAborted());
		if (!wasGood) attempt += 1;
	}
}

/** Twice as long each time, and up to half of it left to chance, so that many who were cut off at once don't come back at once. */
function gapAfter(attempt: number, { shortest, longest }: StreamTimes): number {
	const gap = Math.min(shortest * 2 ** attempt, longest);
	return gap * (1 - Math.random() / 2);
}

type Ended = { readonly cause: unknown; readonly wasGood: boolean };

/** One subscription to its end, however many streams it takes. Never throws. */
async function followOnce(
	following: Following & { readonly times: StreamTimes; readonly memory: EventMemory },
	attempt: number,
	signal: AbortSignal,
): Promise<Ended> {
	const { clock, times, onState, onConnected, memory } = following;
	const onLine: Parameters<typeof openStream>[0]["onLine"] = (line, openedAt) =>
		take(line, openedAt, following);
	const open = async () => await openStream({ ...following, onLine, since: memory.since() }, signal);
	let since = Number.POSITIVE_INFINITY;
	let stream: Stream | undefined;
	try {
		stream = await open();
		since = clock.now();
		onState({ connected: true, attempt });
		onConnected();
		if (attempt > 1) {
			await beside(stream, async (enough) => clock.sleep(times.good, enough));
			onState({ connected: true, attempt: 1 });
		}
		for (;;) {
			await beside(stream, async (enough) => stream?.silent(times.silent, enough));
			const next = await open();
			stream.close();
			stream = next;
			onConnected();
		}
	} catch (cause) {
		return { cause, wasGood: clock.now() - since >= times.good };
	} finally {
		stream?.close();
	}
}

/** Waits, but for no longer than the stream lasts. */
async function beside(
	{ ended }: Stream,
	wait: (enough: AbortSignal) => Promise<void> | undefined,
): Promise<void> {
	const enough = new AbortController();
	await Promise.race([ended, wait(enough.signal)]).finally(() => enough.abort());
}

function take(
	line: string,
	openedAt: number | undefined,
	{ onEvent, onMissed, onConnected, log, memory }: Following & { readonly memory: EventMemory },
): void {
	let event: DockerEvent | undefined;
	try {
		event = parseEvent(line);
	} catch (cause) {
		log.warn({ reason: messageOf(cause) }, "an event of Docker makes no sense, listing everything");
		onConnected();
		return;
	}
	if (event === undefined) return;
	switch (memory.judge(event, openedAt)) {
		case "known":
			return;
		case "missed":
			onMissed?.(event);
			return;
		case "news":
			onEvent(event);
	}
}

const eventLine = v.pipe(
	v.string(),
	v.parseJson(undefined, "JSON"),
	v.object({
		Type: v.string(),
		Action: v.pipe(v.string(), v.nonEmpty("a word")),
		Actor: v.object({ ID: v.string(), Attributes: v.nullish(v.record(v.string(), v.string())) }),
		timeNano: v.number(),
	}),
);

/** Undefined for an event that is about no container. Throws `AppError` for a line that is no event. */
export function parseEvent(line: string): DockerEvent | undefined {
	const { Type, Action, Actor, timeNano } = answerOf(eventLine, line, "an event");
	const id = Type === "network" ? Actor.Attributes?.["container"] : Actor.ID;
	if (id === undefined) return undefined;
	const event = {
		containerId: answerOf(fullId, id, "the id of an event's container"),
		action: Action,
		at: timeNano / 1e6,
	};
	const attribute = (of: string, name: string) => (Action === of ? (Actor.Attributes?.[name] ?? "") : "");
	const signal = signalNumber(attribute("kill", "signal"));
	const exitCode = attribute("die", "exitCode");
	return {
		...event,
		...(signal === undefined ? {} : { signal }),
		...(/^\d+$/.test(exitCode) ? { exitCode: Number(exitCode) } : {}),
	};
}
