import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { AppError } from "../errors.ts";
import type { Answers, Failure, Posts } from "./api.ts";

const patience = 5_000;

/** Asks the running controller. Throws `AppError` `no-controller` when none answers within 5 s, or what it says went wrong. */
export async function askController<Path extends keyof Answers>(
	socketPath: string,
	path: Path,
): Promise<Answers[Path]> {
	return (await exchange(socketPath, path)) as Answers[Path];
}

/** Posts to the running controller. Throws as `askController` does. */
export async function postToController<Path extends keyof Posts>(
	socketPath: string,
	path: Path,
	sent: Posts[Path]["sent"],
): Promise<Posts[Path]["answer"]> {
	return (await exchange(socketPath, path, sent)) as Posts[Path]["answer"];
}

async function exchange(socketPath: string, path: string, sent?: unknown): Promise<unknown> {
	try {
		return await json(await ask(socketPath, path, AbortSignal.timeout(patience), sent));
	} catch (thrown) {
		throw thrown instanceof AppError ? thrown : noController(socketPath, thrown);
	}
}

/**
 * JSON lines of the running controller, as many at a time as come together. Throws as `askController` does, also when it
 * ends in the middle. The signal ends it without an error.
 */
export async function* linesOfController<Line>(
	socketPath: string,
	path: string,
	signal: AbortSignal,
): AsyncIterable<readonly Line[]> {
	const late = new AbortController();
	const timer = setTimeout(() => late.abort(), patience);
	let answer: IncomingMessage | undefined;
	try {
		answer = await ask(socketPath, path, AbortSignal.any([signal, late.signal]));
		clearTimeout(timer);
		let rest = "";
		for await (const chunk of answer.setEncoding("utf8")) {
			const lines = `${rest}${chunk}`.split("\n");
			rest = lines.pop() ?? "";
			if (lines.length > 0) yield lines.map((line) => JSON.parse(line) as Line);
		}
	} catch (thrown) {
		if (signal.aborted) return;
		if (thrown instanceof AppError) throw thrown;
		throw answer === undefined ? noController(socketPath, thrown) : tellsNoMore();
	} finally {
		clearTimeout(timer);
	}
}

/** @param sent posted as JSON; undefined: a GET */
async function ask(
	socketPath: string,
	path: string,
	signal: AbortSignal,
	sent?: unknown,
): Promise<IncomingMessage> {
	const asked = request({ socketPath, path, signal, method: sent === undefined ? "GET" : "POST" });
	asked.end(JSON.stringify(sent));
	const [answer] = (await once(asked, "response")) as [IncomingMessage];
	if (answer.statusCode === 200) return answer;
	const { code, message, hint }: Partial<Failure> = Object(await json(answer).catch(() => undefined));
	if (code === undefined || message === undefined)
		throw new Error(`expected status 200, got ${answer.statusCode}`);
	throw new AppError(code, message, hint === undefined ? {} : { hint });
}

/** An answer that should have gone on. */
export function tellsNoMore(): AppError {
	return new AppError(
		"no-controller",
		"the controller tells no more: it has ended, or what it told was not read as fast as it came",
		{ hint: "it is started again by itself, unless the proxy ends: ask again" },
	);
}

function noController(socketPath: string, cause: unknown): AppError {
	return new AppError("no-controller", `no controller answers at ${socketPath}`, {
		cause,
		hint: "ask inside the proxy's container (docker exec <proxy> ballast …); if it does run, its log says what is wrong",
	});
}
