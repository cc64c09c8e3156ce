import type { ServerResponse } from "node:http";
import { type Filters, fakeId } from "./fake-container.ts";

/** What can go wrong with event streams. */
export type StreamFaults = {
	/** Cuts each stream at once after it has begun, or so many milliseconds later. */
	cutStreams?: boolean | number;
	/** Streams stay open, also those to come, and say nothing. */
	silent?: boolean;
	/** Each event comes twice. */
	doubled?: boolean;
	/** Each event waits for the next one, and comes after it. */
	swapped?: boolean;
};

export type FakeStreams = {
	/** `since`: seconds since 1970, as Docker takes them. */
	readonly open: (filters: Filters, response: ServerResponse, since: string | null, now: number) => void;
	readonly emit: (event: FakeEvent) => void;
	readonly send: (text: string) => void;
	readonly cut: () => void;
	readonly forget: () => void;
	readonly count: () => number;
};

type Stream = { readonly filters: Filters; readonly response: ServerResponse };
type FakeEvent = { readonly Type: string; readonly Action: string; readonly timeNano: number };

/** As many as Docker keeps. */
const most = 256;

export function createFakeStreams(faults: StreamFaults): FakeStreams {
	const streams = new Set<Stream>();
	const kept: FakeEvent[] = [];
	let held: FakeEvent | undefined;

	function open(filters: Filters, response: ServerResponse, since: string | null, now: number): void {
		const stream = { filters, response };
		const headers = { "content-type": "application/json", date: new Date(now).toUTCString() };
		response.writeHead(200, headers).flushHeaders();
		const past = since === null ? [] : kept.filter(({ timeNano }) => timeNano >= Number(since) * 1e9);
		for (const event of past) if (wants(filters, event)) response.write(`${JSON.stringify(event)}\n`);
		streams.add(stream);
		response.on("close", () => streams.delete(stream));
		if (faults.cutStreams === true) response.destroy();
		else if (typeof faults.cutStreams === "number")
			setTimeout(() => response.destroy(), faults.cutStreams).unref();
	}

	function tell(event: FakeEvent): void {
		kept.splice(0, kept.push(event) - most);
		if (faults.silent) return;
		const line = `${JSON.stringify(event)}\n`;
		for (const { filters, response } of streams)
			if (wants(filters, event)) response.write(faults.doubled ? line + line : line);
	}

	function emit(event: FakeEvent): void {
		if (faults.swapped && held === undefined) {
			held = event;
			return;
		}
		tell(event);
		if (held !== undefined) tell(held);
		held = undefined;
	}

	return {
		open,
		emit,
		send: (text) => {
			for (const { response } of streams) response.write(text);
		},
		cut: () => {
			for (const { response } of streams) response.destroy();
		},
		forget: () => void kept.splice(0),
		count: () => streams.size,
	};
}

/** `at` by the engine's clock, in milliseconds since 1970. */
export function eventOf(
	id: string,
	action: string,
	attributes: Readonly<Record<string, string>>,
	at: number,
): FakeEvent {
	const ofNetwork = action === "connect" || action === "disconnect";
	const actor = ofNetwork
		? { ID: fakeId("net"), Attributes: { container: id, ...attributes } }
		: { ID: id, Attributes: attributes };
	const event = { Type: ofNetwork ? "network" : "container", Action: action, Actor: actor };
	return { ...event, timeNano: at * 1e6 };
}

/** As Docker does: prefixes are enough once health_status is asked for. */
function wants({ type = [], event = [] }: Filters, { Type, Action }: FakeEvent): boolean {
	return type.includes(Type) && event.some((wanted) => Action.startsWith(wanted));
}
