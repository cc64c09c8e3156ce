import { setTimeout as delay } from "node:timers/promises";

const leastGapMs = 50;
const mostGapMs = 500;

/**
 * Looks again and again until `look` no longer throws, and gives its answer; fails with its last reason after `withinMs`.
 * It rests for as long as a look takes: what is waited for needs the same processors.
 */
export async function eventually<T>(look: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
	const deadline = Date.now() + withinMs;
	for (;;) {
		const began = Date.now();
		try {
			return await look();
		} catch (reason) {
			if (Date.now() >= deadline) throw reason;
		}
		await delay(Math.min(Math.max(leastGapMs, Date.now() - began), mostGapMs));
	}
}
