import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import type { Self } from "../model/container.ts";
import type { Problem } from "../model/problem.ts";

/** s6 counts milliseconds in 32 bits. */
const longest = 2_000_000;

/**
 * Tells the supervisor how long `docker stop` waits for the proxy's own container, in whole seconds, in the file
 * `stop-grace`: what is open 2 s before is closed in order, rather than killed.
 */
export function createStopGrace(dir: string): (proxy: Self) => Promise<readonly Problem[]> {
	let written: number | undefined;

	return async ({ container }) => {
		if (container === undefined) return [];
		const seconds = Math.min(container.stopTimeout, longest);
		if (seconds === written) return [];
		try {
			await writeFile(join(dir, "stop-grace"), `${seconds}\n`);
			written = seconds;
			return [];
		} catch (thrown) {
			return [notWritten(dir, thrown)];
		}
	};
}

function notWritten(dir: string, thrown: unknown): Problem {
	return {
		code: "stop-grace-not-written",
		severity: "problem",
		subject: "controller",
		message: `the proxy's stop timeout could not be written to ${dir}: ${messageOf(thrown)}; 10 s are assumed`,
		hint: "see that the directory is writable for the controller, and the disk not full",
	};
}
