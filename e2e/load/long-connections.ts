import { eventually } from "../harness/eventually.ts";

/** WebSockets and event streams that live for as long as the test wants. */
export type LongConnections = {
	/** Ends them, and gives a text for each that did not live until then. */
	readonly end: () => Promise<readonly string[]>;
};

type Connection = { readonly end: () => void; readonly cut: () => Promise<string | undefined> };

/** So many of each kind; resolves once all have said or heard something. */
export async function openLongConnections(url: string, count: number): Promise<LongConnections> {
	const each = Array.from({ length: count });
	const connections = await Promise.all([
		...each.map(async () => openWebSocket(url.replace("http:", "ws:"))),
		...each.map(async () => openEventStream(`${url}/events`)),
	]);
	return {
		end: async () => {
			const cuts = await Promise.all(connections.map(async ({ cut }) => cut()));
			for (const { end } of connections) end();
			return cuts.filter((cut) => cut !== undefined);
		},
	};
}

/** Between messages. */
const gapMs = 200;

/** Sends a number after the other, and expects each back. */
async function openWebSocket(url: string): Promise<Connection> {
	const socket = new WebSocket(url);
	const voice = createVoice("WebSocket");
	let [sent, heard] = [0, 0];
	const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(`${++sent}`), gapMs);
	socket.addEventListener("close", ({ code }) => voice.ended(`closed with ${code}`));
	await new Promise((resolve, reject) => {
		socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${url}`)));
		socket.addEventListener("message", ({ data }) => {
			if (data !== `${++heard}`) voice.ended(`${data} came in the place of ${heard}`);
			voice.heard();
			resolve(undefined);
		});
	});
	const end = () => {
		clearInterval(timer);
		socket.close();
	};
	return { end, cut: voice.cut };
}

/** Server-sent events: `data: 1`, `data: 2`, … */
async function openEventStream(url: string): Promise<Connection> {
	const ended = new AbortController();
	const voice = createVoice("event stream");
	const { body } = await fetch(url, { signal: ended.signal });
	const reading = async (): Promise<void> => {
		for await (const _ of body ?? []) voice.heard();
		voice.ended("ended");
	};
	reading().catch((reason: unknown) => voice.ended(`${reason}`));
	return { end: () => ended.abort(), cut: voice.cut };
}

/** What has become of a connection that should have something to say again and again. */
function createVoice(kind: string) {
	let [count, end] = [0, ""];
	return {
		heard: () => {
			count += 1;
		},
		ended: (how: string) => {
			end ||= `${new Date().toISOString()} ${kind}: ${how}`;
		},
		/** How it ended; undefined once it has said one thing more. */
		cut: async (): Promise<string | undefined> => {
			const before = count;
			return await eventually(() => {
				if (end === "" && count === before) throw new Error(`${kind}: nothing more was heard`);
				return end === "" ? undefined : end;
			}).catch((reason: Error) => reason.message);
		},
	};
}
