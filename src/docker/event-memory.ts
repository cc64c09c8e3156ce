import type { DockerEvent } from "./events.ts";

/** Knows which events were heard of, so that a new stream can make up for what the one before did not tell. */
export type EventMemory = {
	/** From when on to ask again, by the engine's clock, in milliseconds since 1970; undefined: nothing was ever heard. */
	readonly since: () => number | undefined;
	/**
	 * `known`: it was told before. `missed`: it happened before the stream was opened, which a full list after that makes up for;
	 * only a stream that has just begun says when that was. Where that can't be told for sure it is `news`.
	 */
	readonly judge: (event: DockerEvent, openedAt: number | undefined) => "known" | "missed" | "news";
};

/** As many as the engine keeps. */
const most = 256;
/** Events that happen at the same time may be told in another order than their times, in milliseconds. */
const disorderMs = 1_000;

/** @param heardUntil by the engine's clock: up to then an earlier life has heard of all */
export function createEventMemory(heardUntil: number | undefined): EventMemory {
	const heard = new Set<string>();
	/** Of the last one, and not the latest: an engine's clock may be set back. */
	let last: number | undefined;

	function remember(event: DockerEvent): void {
		last = event.at;
		heard.add(keyOf(event));
		const [oldest] = heard;
		if (heard.size > most && oldest !== undefined) heard.delete(oldest);
	}

	return {
		since: () => (last === undefined ? heardUntil : last - disorderMs),
		judge: (event, openedAt) => {
			// A stream that has caught up tells nothing again: whatever it looks like, it is news.
			if (openedAt !== undefined && heard.has(keyOf(event))) return "known";
			remember(event);
			if (openedAt === undefined || event.at >= openedAt) return "news";
			return heardUntil !== undefined && event.at <= heardUntil ? "known" : "missed";
		},
	};
}

function keyOf({ containerId, action, at, signal }: DockerEvent): string {
	return `${at} ${action} ${signal} ${containerId}`;
}
