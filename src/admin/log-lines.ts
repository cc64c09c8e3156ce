import type { LoggedEvent } from "../model/membership.ts";

/** The membership log, oldest first. */
export type LogPort = {
	readonly latest: (most: number) => Promise<readonly LoggedEvent[]>;
	/** The latest, then each as it comes, until disposed of. */
	readonly follow: (most: number, tell: (events: readonly LoggedEvent[]) => void) => Promise<Disposable>;
};

/** Messages that one who doesn't read them may leave in our memory. */
const mostUnread = 1_000;

export async function latest(log: LogPort, lines: number): Promise<Response> {
	return jsonLines(textOf(await log.latest(lines)));
}

/** Without an end of its own. It ends where the reader does not keep up, as some lines would be missing. */
export async function follow(log: LogPort, lines: number): Promise<Response> {
	const encoder = new TextEncoder();
	let reader: ReadableStreamDefaultController | undefined;
	const start = (controller: ReadableStreamDefaultController) => {
		reader = controller;
	};
	const end = () => {
		reader = undefined;
		following[Symbol.dispose]();
	};
	const body = new ReadableStream({ start, cancel: end }, { highWaterMark: mostUnread });
	const following = await log.follow(lines, (events) => {
		if (reader === undefined || events.length === 0) return;
		if ((reader.desiredSize ?? 0) > 0) return reader.enqueue(encoder.encode(textOf(events)));
		reader.close();
		end();
	});
	return jsonLines(body);
}

function jsonLines(body: string | ReadableStream): Response {
	return new Response(body, { headers: { "Content-Type": "application/x-ndjson" } });
}

function textOf(events: readonly LoggedEvent[]): string {
	return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}
