import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What the rest of the program sees of the logger: a sentence, and the facts as fields. */
export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

/** JSON lines `{"level":"info","time":"2026-…Z",…,"msg":"…"}` on standard output, or where the caller says. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
	const options = {
		level,
		base: null,
		timestamp: stdTimeFunctions.isoTime,
		formatters: { level: (label: string) => ({ level: label }) },
	};
	return destination === undefined ? pino(options) : pino(options, destination);
}
