/**
 * The one error of this program: something surprising that a person can act on.
 * Expected outcomes are values (`Verdict`, `Problem`, `Outcome`), never this.
 */
export class AppError extends Error {
	override readonly name = "AppError";
	/** Stable and kebab-case, such as `docker-unreachable`; what tests and programs compare. */
	readonly code: string;
	/** What to do about it, as one sentence to the person who reads it. */
	readonly hint: string | undefined;

	constructor(
		code: string,
		message: string,
		details: { readonly hint?: string; readonly cause?: unknown } = {},
	) {
		super(message, details.cause === undefined ? undefined : { cause: details.cause });
		this.code = code;
		this.hint = details.hint;
	}
}

/** The message of anything that was thrown, with the causes behind it: `a: b: c`. */
export function messageOf(thrown: unknown): string {
	if (!(thrown instanceof Error)) return String(thrown);
	const cause = thrown.cause === undefined ? "" : `: ${messageOf(thrown.cause)}`;
	return `${thrown.message || nameOf(thrown)}${cause}`;
}

/** Node's socket errors can have an empty message and only a code. */
function nameOf(error: Error): string {
	return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

/** A text with a URL in it, for a message: the password is left out, if it has one. */
export function withoutPassword(text: string): string {
	return text.replace(/:(?!\/\/).*@/s, ":…@");
}
