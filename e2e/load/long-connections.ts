import { setTimeout as delay } from "node:timers/promises";

/** WebSockets and event streams that live for as long as the test wants. */
export type LongConnections = {
	/** Ends them, and gives a text for each that did not live until then. */
	readonly end: () => Promise<readonly string[]>;
};

type Connection = { readonly end: () => void; readonly cut: () => string | undefined };

/** So many of each kind; resolves once all have said or heard something. */
export async function openLongConnections(url: string, count: number): Promise<LongConnections> {
	const each = Array.from({ length: count });
	const connections = await Promise.all([
		...each.map(async () => openWebSocket(url.replace("http:", "ws:"))),
		...each.map(async () => openEventStream(`${url}/events`)),
	]);
	return {
		end: async () => {
			// Time for one more message each, which shows that it is still heard.
			await delay(2 * patienceMs);
			const cuts = connections.map(({ cut }) => cut());
			for (const { end } of connections) end();
			return cuts.filter((cut) => cut !== undefined);
		},
	};
}

/** Between messages; five times that much of silence is a cut, too. */
const patienceMs = 200;

/** Sends a number after the other, and expects each back. */
async function openWebSocket(url: string): Promise<Connection> {
	const socket = new WebSocket(url);
	const silence = createSilence("WebSocket");
	let [sent, heard] = [0, 0];
	const timer = setInterval(
		() => socket.readyState === WebSocket.OPEN && socket.send(`${++sent}`),
		patienceMs,
	);
	socket.addEventListener("close", ({ code }) => silence.ended(`closed with ${code}`));
	await new Promise((resolve, reject) => {
		socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${url}`)));
		socket.addEventListener("message", ({ data }) => {
			if (data !== `${++heard}`) silence.ended(`${data} came in the place of ${heard}`);
			silence.broken();
			resolve(undefined);
		});
	});
	const end = () => {
		clearInterval(timer);
		socket.close();
	};
	return { end, cut: silence.cut };
}

/** Server-sent events: `data: 1`, `data: 2`, … */
async function openEventStream(url: string): Promise<Connection> {
	const ended = new AbortController();
	const silence = createSilence("event stream");
	const { body } = await fetch(url, { signal: ended.signal });
	const reading = async (): Promise<void> => {
		for await (const _ of body ?? []) silence.broken();
		silence.ended("ended");
	};
	reading().catch((reason: unknown) => silence.ended(`${reason}`));
	return { end: () => ended.abort(), cut: silence.cut };
}

/** What has become of a connection that should have something to say again and again. */
function createSilence(kind: string) {
	let [last, end] = [performance.now(), ""];
	const at = () => new Date().toISOString();
	return {
		broken: () => {
			last = performance.now();
		},
		ended: (how: string) => {
			end ||= `${at()} ${kind}: ${how}`;
		},
		cut: (): string | undefined => {
			if (end !== "") return end;
			const ms = Math.round(performance.now() - last);
			return ms > 5 * patienceMs ? `${kind}: silent for ${ms} ms` : undefined;
		},
	};
}
