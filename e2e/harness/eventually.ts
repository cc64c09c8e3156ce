import { setTimeout as delay } from "node:timers/promises";

const leastGapMs = 50;
const mostGapMs = 500;

/** How many times as long one waits: vitest.config.ts says so for the long tests. */
const patience = Number(process.env["PATIENCE"] ?? 1);

/**
 * Looks again and again until `look` no longer throws, and gives its answer; fails with its last reason after `withinMs`.
 * It rests for as long as a look takes: what is waited for needs the same processors.
 */
export async function eventually<T>(look: () => T | Promise<T>, withinMs = 60_000): Promise<T> {
	const deadline = Date.now() + patience * withinMs;
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
