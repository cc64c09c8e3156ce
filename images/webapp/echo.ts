import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** RFC 6455, section 1.3. */
const handshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const maskSize = 4;
const lengthBits = 0x7f;
const opcodeBits = 0x0f;
const closeOpcode = 0x8;
/** Lengths from 126 on say that the real length follows. */
const longestFrame = 2 + maskSize + 125;

/** Accepts a WebSocket and echoes each frame; false when the request was for something else, which is ended. */
export function acceptWebSocket(request: IncomingMessage, socket: Socket): boolean {
	const key = request.headers["sec-websocket-key"];
	socket.on("error", () => socket.destroy());
	if (request.headers.upgrade?.toLowerCase() !== "websocket" || key === undefined) {
		socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
		return false;
	}
	const accept = createHash("sha1").update(`${key}${handshakeGuid}`).digest("base64");
	socket.write(
		`HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
	);
	echoFrames(socket);
	return true;
}

/** A demo's share of RFC 6455, section 5.2: frames of at most 125 bytes, which a client masks and a server does not. */
function echoFrames(socket: Socket): void {
	let pending = Buffer.alloc(0);
	socket.on("data", (chunk) => {
		pending = Buffer.concat([pending, chunk]);
		for (let frame = firstFrame(pending); frame !== undefined; frame = firstFrame(pending)) {
			pending = pending.subarray(frame.size);
			socket.write(frame.echo);
			if (frame.closes) socket.end();
		}
		if (pending.length > longestFrame) socket.destroy();
	});
}

/** The frame at the start of `bytes`: its size there, what to answer, and whether it closes; undefined until it is whole. */
function firstFrame(bytes: Buffer): { size: number; echo: Buffer; closes: boolean } | undefined {
	const [head = 0, second = 0] = bytes;
	const size = 2 + maskSize + (second & lengthBits);
	if (bytes.length < size || size > longestFrame) return undefined;
	const mask = bytes.subarray(2, 2 + maskSize);
	const payload = bytes
		.subarray(2 + maskSize, size)
		.map((byte, index) => byte ^ (mask[index % maskSize] ?? 0));
	return {
		size,
		echo: Buffer.concat([Buffer.from([head, payload.length]), payload]),
		closes: (head & opcodeBits) === closeOpcode,
	};
}
