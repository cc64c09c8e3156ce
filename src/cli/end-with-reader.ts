import { exitCodes } from "./exit-codes.ts";

/** Who reads our output may have enough of it, as `head` does: that is the end, and no failure. */
export function endWithReader(): void {
	process.stdout.on("error", (error: NodeJS.ErrnoException) => {
		if (error.code !== "EPIPE") throw error;
		process.exit(exitCodes.ok);
	});
}
