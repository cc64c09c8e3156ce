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

/** Resolves once the engine tells of all that happens from then on. */
export async function openStream(
	{ client, clock, onLine }: StreamParts,
	signal: AbortSignal,
): Promise<Stream> {
	const closing = new AbortController();
	const tie = onAbort(signal, (reason) => closing.abort(reason));
	const lines = await client.events(filters, closing.signal);
	let heardAt = clock.now();

	async function read(): Promise<never> {
		using _ = tie;
		for await (const line of lines) {
			heardAt = clock.now();
			onLine(line);
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
	readonly onLine: (line: string) => void;
};
