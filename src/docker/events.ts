import pRetry from "p-retry";
import * as v from "valibot";
import { AppError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { answerOf, fullId } from "./answer.ts";
import type { DockerClient, EventFilters } from "./client.ts";
import { signalNumber } from "./signals.ts";

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

export type StreamState = {
	readonly connected: boolean;
	/** Counts the tries since the last stream that held, from 1. */
	readonly attempt: number;
	/** Why there is no stream. */
	readonly cause?: unknown;
};

/** In milliseconds. A stream that has held for the longest gap was a good one, and the gaps begin anew. */
type BackOff = { readonly shortest: number; readonly longest: number };

export type Following = {
	readonly client: Pick<DockerClient, "events">;
	readonly onEvent: (event: DockerEvent) => void;
	/** Something may have been missed, so list everything: after each subscription, and at a line that makes no sense. */
	readonly onConnected: () => void;
	readonly onState: (state: StreamState) => void;
	readonly log: Log;
	readonly backOff?: BackOff;
};

const standardBackOff: BackOff = { shortest: 100, longest: 5_000 };

/**
 * What can change a server. `exec_*`, which each health check causes, is left out at the engine. All of them are prefixes
 * there as soon as `health_status` is among them (moby `daemon/events/filter.go`).
 */
const filters: EventFilters = {
	type: ["container", "network"],
	event: [
		...["start", "unpause", "rename", "health_status", "connect"],
		...["kill", "die", "stop", "pause", "destroy", "oom", "disconnect"],
	],
};

/** Follows the engine's events, and connects again whatever happens, until the signal aborts: then it rejects with its reason. */
export async function followEvents(following: Following, signal: AbortSignal): Promise<never> {
	const { shortest, longest } = following.backOff ?? standardBackOff;
	for (;;) {
		await pRetry((attempt) => followOnce(following, attempt, longest, signal), {
			retries: Number.POSITIVE_INFINITY,
			minTimeout: shortest,
			maxTimeout: longest,
			randomize: true,
			signal,
		});
	}
}

/** One stream, to its end. Resolves when it held long enough for another at once, else throws why it ended. */
async function followOnce(
	following: Following,
	attempt: number,
	goodAfterMs: number,
	signal: AbortSignal,
): Promise<void> {
	let subscribedAt = Number.POSITIVE_INFINITY;
	try {
		const lines = await following.client.events(filters, signal);
		subscribedAt = performance.now();
		following.onState({ connected: true, attempt });
		following.onConnected();
		for await (const line of lines) take(line, following);
		throw new AppError("docker-events-cut", "Docker ended its event stream");
	} catch (cause) {
		signal.throwIfAborted();
		const held = performance.now() - subscribedAt >= goodAfterMs;
		following.log[attempt === 1 || held ? "warn" : "debug"](
			{ attempt, reason: messageOf(cause) },
			"Docker's events can't be followed, connecting again",
		);
		following.onState({ connected: false, attempt, cause });
		if (!held) throw cause;
	}
}

function take(line: string, { onEvent, onConnected, log }: Following): void {
	let event: DockerEvent | undefined;
	try {
		event = parseEvent(line);
	} catch (cause) {
		log.warn({ reason: messageOf(cause) }, "an event of Docker makes no sense, listing everything");
		onConnected();
		return;
	}
	if (event !== undefined) onEvent(event);
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
