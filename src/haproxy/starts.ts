import { watch } from "node:fs";

/** What a HAProxy that has started makes, and one that waits for a generation that is whole. */
const signs: ReadonlySet<string | null> = new Set(["master.sock", "waits"]);

/**
 * Tells when a HAProxy has started, or waits to (images/proxy/services/haproxy/run). Where the directory can't be watched, the
 * next look tells.
 */
export function watchStarts(dir: string, onStart: () => void): Disposable {
	try {
		const watcher = watch(dir, (_, name) => {
			if (signs.has(name)) onStart();
		});
		watcher.on("error", () => watcher.close());
		return { [Symbol.dispose]: () => watcher.close() };
	} catch {
		return { [Symbol.dispose]: () => undefined };
	}
}
