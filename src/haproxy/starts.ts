import { watch } from "node:fs";

/** Tells when a HAProxy has started: it makes its sockets then. Where the directory can't be watched, the next look tells. */
export function watchStarts(dir: string, onStart: () => void): Disposable {
	try {
		const watcher = watch(dir, (_, name) => {
			if (name === "master.sock") onStart();
		});
		watcher.on("error", () => watcher.close());
		return { [Symbol.dispose]: () => watcher.close() };
	} catch {
		return { [Symbol.dispose]: () => undefined };
	}
}
