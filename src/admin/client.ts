import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import { AppError } from "../errors.ts";
import type { Answers } from "./api.ts";

/** Asks the running controller. Throws `AppError` `no-controller` when none answers within 5 s. */
export async function askController<Path extends keyof Answers>(
	socketPath: string,
	path: Path,
): Promise<Answers[Path]> {
	try {
		const asked = request({ socketPath, path, signal: AbortSignal.timeout(5_000) });
		asked.end();
		const [answer] = (await once(asked, "response")) as [IncomingMessage];
		if (answer.statusCode !== 200) throw new Error(`expected status 200, got ${answer.statusCode}`);
		return (await json(answer)) as Answers[Path];
	} catch (cause) {
		throw new AppError("no-controller", `no controller answers at ${socketPath}`, {
			cause,
			hint: "ask inside the proxy's container (docker exec <proxy> ballast …); if it does run, its log says what is wrong",
		});
	}
}
