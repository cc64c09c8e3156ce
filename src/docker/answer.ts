import * as v from "valibot";
import { AppError } from "../errors.ts";

export const fullId = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits"));

/** Reads an answer of the engine as a whole: each field is as expected, or nothing of it is taken. `what` names it in the message. */
export function answerOf<const Schema extends v.GenericSchema>(
	schema: Schema,
	value: unknown,
	what: string,
): v.InferOutput<Schema> {
	const result = v.safeParse(schema, value, { abortEarly: true });
	if (result.success) return result.output;
	throw new AppError("docker-nonsense", `Docker's answer is not ${what}: ${misfit(result.issues[0])}`, {
		hint: "is this a Docker engine, 25 or newer? docker version tells; what stands between may change answers, too",
	});
}

/** Checks beyond a type carry what they expect as their message. */
function misfit(issue: v.BaseIssue<unknown>): string {
	const place = v.getDotPath(issue);
	const expected = issue.kind === "schema" ? issue.expected : issue.message;
	const mismatch = `expected ${expected}, got ${issue.received}`;
	return place === null ? mismatch : `at ${place}, ${mismatch}`;
}
