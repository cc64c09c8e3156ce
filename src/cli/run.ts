import { run } from "../app.ts";
import type { Settings } from "../settings.ts";

/** Runs the controller until SIGTERM or SIGINT; SIGHUP lets it read the templates and the engine anew. */
export async function runVerb(settings: Settings): Promise<void> {
	const end = new AbortController();
	for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => end.abort());
	await run(settings, ({ readAgain }) => process.on("SIGHUP", readAgain), end.signal);
	endSoon();
}

/** A thread that a hung disk holds keeps the process, and process.exit() would wait for it, too. */
function endSoon(): void {
	setTimeout(() => process.kill(process.pid, "SIGKILL"), 2_000).unref();
}
