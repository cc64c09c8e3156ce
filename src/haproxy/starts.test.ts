import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { watchStarts } from "./starts.ts";

test.each([
	["has started and made its sockets", "master.sock"],
	["waits for a generation that is whole", "waits"],
])("a HAProxy that %s is told of", async (_, sign) => {
	await using dir = await temporaryDirectory();
	let starts = 0;
	using _watch = watchStarts(dir.path, () => {
		starts += 1;
	});
	await writeFile(join(dir.path, "other.sock"), "");
	await writeFile(join(dir.path, `${sign}.tmp`), "");
	expect(starts).toBe(0);
	await rename(join(dir.path, `${sign}.tmp`), join(dir.path, sign));

	await expect.poll(() => starts).toBeGreaterThan(0);
});

test("a directory that is not there is not watched, and nothing fails", () => {
	expect(() => watchStarts("/nonexistent", () => undefined)[Symbol.dispose]()).not.toThrow();
});
