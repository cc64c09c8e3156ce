import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An empty directory that is removed at the end of its `await using`. */
export type TemporaryDirectory = AsyncDisposable & { readonly path: string };

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
	const path = await mkdtemp(join(tmpdir(), "ballast-"));
	return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) };
}
