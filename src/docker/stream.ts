import { onAbort } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { DockerClient, EventFilters } from "./client.ts";

/** An event stream that is open. */
export type Stream = {
	/** Rejects with the reason when it is cut off, ended, or closed. Never resolves. */
	readonly ended: Promise<never>;
	/** Resolves when nothing was heard for so many milliseconds. */
	readonly silent: (ms: number, signal: AbortSignal) => Promise<void>;
	readonly close: () => void;
};

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

/** By then a stream has told what it was asked to make up for, and a busy controller has read it; in milliseconds from its begin. */
const catchUpMs = 5_000;

/** Resolves once the engine tells of all that happens from then on, and of what has happened `since`. */
export async function openStream(
	{ client, clock, onLine, since }: StreamParts,
	signal: AbortSignal,
): Promise<Stream> {
	const closing = new AbortController();
	const tie = onAbort(signal, (reason) => closing.abort(reason));
	const lines = await client.events(
		{ ...filters, ...(since === undefined ? {} : { since }) },
		closing.signal,
	);
	const opened = clock.now();
	let heardAt = opened;

	async function read(): Promise<never> {
		using _ = tie;
		for await (const line of lines) {
			heardAt = clock.now();
			onLine(line, heardAt - opened < catchUpMs ? (lines.openedAt ?? 0) : undefined);
		}
		throw new AppError("docker-events-cut", "Docker ended its event stream");
	}

	const ended = read();
	// Who waits for the end of a stream may have turned to the next one.
	ended.catch(() => undefined);
	return {
		ended,
		silent: async (ms, enough) => {
			for (let left = ms; left > 0; left = heardAt + ms - clock.now()) await clock.sleep(left, enough);
		},
		close: () => closing.abort(new Error("another stream has taken its place")),
	};
}

type StreamParts = {
	readonly client: Pick<DockerClient, "events">;
	readonly clock: Clock;
	/**
	 * `openedAt`: when the stream began, by the engine's clock, 0 where that is not told; undefined once it has told all that
	 * happened before.
	 */
	readonly onLine: (line: string, openedAt: number | undefined) => void;
	/** By the engine's clock, in milliseconds since 1970. */
	readonly since: number | undefined;
};
