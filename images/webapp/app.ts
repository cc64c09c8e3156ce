import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseDelay } from "./delay.ts";
import { acceptWebSocket } from "./echo.ts";
import type { Sessions } from "./sessions.ts";

export type App = {
	readonly server: Server;
	/** From now on every answer asks its client for a new connection next time. */
	readonly sayGoodbye: () => void;
	/** Takes no new connection, finishes the answers in flight, ends the WebSockets; then calls back. */
	readonly close: (onClosed: () => void) => void;
};

/** The demo: says which container answered, and how often it has seen the visitor. */
export function createApp(
	identity: { readonly host: string; readonly tag: string },
	sessions: Sessions,
): App {
	const webSockets = new Set<Socket>();
	let delayMs = 0;
	let leaving = false;

	const server = createServer((request, response) => {
		// What can fail here is a client that goes in the middle of its request.
		route(request, response).catch(() => response.destroy());
	});
	server.on("upgrade", (request: IncomingMessage, socket: Socket) => {
		if (!acceptWebSocket(request, socket)) return;
		webSockets.add(socket);
		socket.once("close", () => webSockets.delete(socket));
	});

	async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const [path = "/"] = (request.url ?? "/").split("?");
		switch (`${request.method} ${path}`) {
			case "GET /":
				await sleep(delayMs);
				return view(request, response);
			case "POST /delay":
				return setDelay(request, response);
			case "GET /healthz":
				return answer(response, 200, { healthy: true });
			default:
				return answer(response, 404, { error: `There is no ${request.method} ${path} here.` });
		}
	}

	async function view(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const session = await sessions.visit(request.headers.cookie).catch(storeIsAway);
		if (session === undefined) return answer(response, 503, { error: "The session store does not answer." });
		const ip = (request.socket.localAddress ?? "").replace(/^::ffff:/, "");
		response.setHeader("x-backend-ip", ip);
		response.setHeader("set-cookie", session.cookie);
		answer(response, 200, { hello: "world", ip, ...identity, sessionViews: session.views, id: session.id });
	}

	async function setDelay(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const delay = parseDelay(await bodyOf(request));
		if ("error" in delay) return answer(response, 400, delay);
		delayMs = delay.ms;
		answer(response, 200, { delay: delayMs });
	}

	function answer(response: ServerResponse, status: number, body: object): void {
		if (leaving) response.setHeader("connection", "close");
		response.writeHead(status, { "content-type": "application/json" });
		response.end(`${JSON.stringify(body)}\n`);
	}

	return {
		server,
		sayGoodbye: () => {
			leaving = true;
		},
		close: (onClosed) => {
			server.close(onClosed);
			for (const socket of webSockets) socket.end();
		},
	};
}

/** It has told why in the log, once. */
function storeIsAway(): undefined {}

const longestBody = 1_000;

/** The first characters of a request's body; a longer one is cut, and then is no JSON. */
async function bodyOf(request: IncomingMessage): Promise<string> {
	let body = "";
	for await (const chunk of request.setEncoding("utf8")) body = `${body}${chunk}`.slice(0, longestBody);
	return body;
}
