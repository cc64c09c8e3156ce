import { stat } from "node:fs/promises";

/**
 * What tells one run of an engine from the next without asking it: the file of its socket, which it makes anew at each
 * start. Undefined where there is none: by TCP, by ssh, or while the engine is down. (Where systemd holds the socket, the
 * file outlives the engine, and does not tell.)
 */
export async function engineRun(engine: string): Promise<string | undefined> {
	if (!engine.startsWith("unix://")) return undefined;
	try {
		const { ino, ctimeNs, nlink } = await stat(engine.slice("unix://".length), { bigint: true });
		// A mount still shows the file that the engine has deleted.
		return nlink === 0n ? undefined : `socket ${ino}, ${ctimeNs}`;
	} catch {
		return undefined;
	}
}
