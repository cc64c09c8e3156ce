/*
 * The app under load, as it runs in its container (apps.ts hands this text to Node): `… <manner of leaving> <directory>`.
 * It listens on port 3000, and answers
 *   any method at any path with the SHA-256 of the request's body, after `busy` milliseconds of work and `ms` of waiting if the
 *   query says so; the header `x-idle-ms` tells for how long nothing had come on its connection, from the second request on;
 *   GET /events with server-sent events, five a second, without end;
 *   WebSockets with what they send.
 * The `id` of a request that is not safe is counted: a line in a file of the directory, written before anything is answered,
 * so that it survives whatever becomes of the app.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";

const [, manner = "graceful", directory = "/tmp"] = process.argv;

const server = createServer(answer);
server.on("upgrade", echo);
// To the millisecond after 5 s, as Node did it for years; since 24.6 it adds a second.
server.keepAliveTimeout = 5_000;
server.keepAliveTimeoutBuffer = 0;
server.listen(3000, () => console.log("listening"));

/** When the latest answer on each connection was over, in milliseconds of the clock `performance`. */
const latestAnswers = new WeakMap<Duplex, number>();

const manners: Readonly<Record<string, () => void>> = {
	graceful: finish,
	"exits at once": () => process.exit(),
	"ignores the signal": () => undefined,
	"serves on": () => setTimeout(finish, 1_500),
};
process.on("SIGTERM", () => manners[manner]?.());
// Dies by itself, whatever its manner.
process.on("SIGUSR2", () => process.exit(1));

/** Closes what is idle, takes no new connections, and ends with the last request. */
function finish(): void {
	server.close(() => process.exit());
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
	const { pathname, searchParams } = new URL(request.url ?? "/", "http://app");
	const id = searchParams.get("id");
	if (id !== null) appendFileSync(`${directory}/${hostname()}`, `${id}\n`);
	response.setHeader("x-served-by", hostname());
	response.setHeader("x-backend-ip", request.socket.localAddress?.replace("::ffff:", "") ?? "");
	const latest = latestAnswers.get(request.socket);
	if (latest !== undefined) response.setHeader("x-idle-ms", Math.round(performance.now() - latest));
	response.on("finish", () => latestAnswers.set(request.socket, performance.now()));
	if (pathname === "/events") return tellWithoutEnd(response);
	const hash = createHash("sha256");
	for await (const chunk of request) hash.update(chunk);
	compute(Number(searchParams.get("busy") ?? 0));
	setTimeout(() => response.end(hash.digest("hex")), Number(searchParams.get("ms") ?? 0));
}

/** Lets everything else in this process wait, as apps do that have work to do. */
function compute(ms: number): void {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

function tellWithoutEnd(response: ServerResponse): void {
	response.writeHead(200, { "content-type": "text/event-stream" });
	let count = 0;
	const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 200);
	response.on("close", () => clearInterval(timer));
}

/** WebSockets by hand: messages of less than 126 bytes, each in one frame. (RFC 6455, 4.2.2 and 5.2) */
function echo({ headers }: IncomingMessage, socket: Duplex): void {
	const key = `${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
	const accept = createHash("sha1").update(key).digest("base64");
	const upgrade = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
	socket.write([...upgrade, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
	let pending = Buffer.alloc(0);
	socket.on("error", () => socket.destroy());
	socket.on("data", (chunk: Buffer) => {
		pending = Buffer.concat([pending, chunk]);
		while (pending.length >= 6 && pending.length >= frameLength(pending)) {
			const frame = pending.subarray(0, frameLength(pending));
			pending = pending.subarray(frame.length);
			socket.write(unmasked(frame));
			// A close: the server ends the connection first (7.1.1).
			if ((frame.readUInt8(0) & 0x0f) === 8) socket.end();
		}
	});
}

/** Two bytes of header, four of mask. */
function frameLength(bytes: Buffer): number {
	return 6 + (bytes.readUInt8(1) & 0x7f);
}

/** The same message from a server, whose frames are not masked. */
function unmasked(frame: Buffer): Buffer {
	const mask = frame.subarray(2, 6);
	const payload = frame.subarray(6).map((byte, index) => byte ^ mask.readUInt8(index % 4));
	return Buffer.concat([frame.subarray(0, 1), Buffer.of(payload.length), payload]);
}
