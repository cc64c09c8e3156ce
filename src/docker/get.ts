import { type Agent, type IncomingMessage, request as overHttp } from "node:http";
import { request as overTls } from "node:https";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { DockerHost } from "./host.ts";

/** Where an engine is, and what makes the connections to it; undefined where Node's own will do. */
export type Way = { readonly host: DockerHost; readonly agent: Agent | undefined };

/**
 * The engine's answer to a GET, as it comes. Throws an `Error` with the engine's words and its `statusCode` for any status
 * but 200. An abort closes the connection.
 */
export async function getStream(way: Way, path: string, signal: AbortSignal): Promise<Readable> {
	const answer = await ask(way, path, signal);
	if (answer.statusCode === 200) return answer;
	throw Object.assign(new Error(wordsOf(await text(answer))), { statusCode: answer.statusCode });
}

/** Likewise, as a whole: from JSON, or the text where it is none. */
export async function getValue(way: Way, path: string, signal: AbortSignal): Promise<unknown> {
	return parsed(await text(await getStream(way, path, signal)));
}

function parsed(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return body;
	}
}

function ask({ host, agent }: Way, path: string, signal: AbortSignal): Promise<IncomingMessage> {
	const request = host.kind === "tcp" && host.tls !== undefined ? overTls : overHttp;
	return new Promise((resolve, reject) => {
		request({ ...addressOf(host), path, agent, signal }, resolve)
			.on("error", reject)
			.end();
	});
}

function addressOf(host: DockerHost) {
	if (host.kind === "unix") return { socketPath: host.path };
	// The agent knows the way; this is only for the header Host.
	if (host.kind === "ssh") return { host: "docker" };
	return { host: host.hostname, port: host.port };
}

/** Docker says what is wrong in a field; what stands before an engine may say it anyhow. */
function wordsOf(body: string): string {
	const said = parsed(body);
	const isSaid = typeof said === "object" && said !== null && "message" in said;
	return isSaid && typeof said.message === "string" ? said.message : body;
}
