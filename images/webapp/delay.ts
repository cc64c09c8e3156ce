const longestMs = 60_000;

/** Reads `{"delay": ms}`: how long each later answer of `GET /` waits. */
export function parseDelay(body: string): { readonly ms: number } | { readonly error: string } {
	const delay = delayIn(body);
	if (typeof delay === "number" && Number.isInteger(delay) && delay >= 0 && delay <= longestMs)
		return { ms: delay };
	const got = delay === undefined ? body : JSON.stringify(delay);
	return {
		error: `Expected {"delay": ms} with a whole number from 0 to ${longestMs}, got ${got || "nothing"}.`,
	};
}

function delayIn(body: string): unknown {
	try {
		const value: unknown = JSON.parse(body);
		return typeof value === "object" && value !== null && "delay" in value ? value.delay : undefined;
	} catch {
		return undefined;
	}
}
