import { setTimeout as delay } from "node:timers/promises";

const gapMs = 50;

/** How many times as long one waits: vitest.config.ts says so for the long tests. */
const patience = Number(process.env["PATIENCE"] ?? 1);

/** Looks again and again until `look` no longer throws, and gives its answer; fails with its last reason after `withinMs`. */
export async function eventually<T>(look: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
	const deadline = Date.now() + patience * withinMs;
	for (;;) {
		try {
			return await look();
		} catch (reason) {
			if (Date.now() >= deadline) throw reason;
		}
		await delay(gapMs);
	}
}
