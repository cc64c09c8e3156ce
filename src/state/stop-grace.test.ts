import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { proxy } from "../testing/containers.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createStopGrace } from "./stop-grace.ts";

test("the proxy's stop timeout is written in whole seconds, and again when it changes", async () => {
	await using directory = await temporaryDirectory();
	const file = join(directory.path, "stop-grace");
	const tell = createStopGrace(directory.path);

	expect(await tell({ container: { ...proxy, stopTimeout: 30 } })).toEqual([]);
	expect(await readFile(file, "utf8")).toBe("30\n");
	await tell({ container: { ...proxy, stopTimeout: 5 } });
	expect(await readFile(file, "utf8")).toBe("5\n");
});

test("a stop timeout without an end is written as the longest that s6 can count in milliseconds", async () => {
	await using directory = await temporaryDirectory();
	await createStopGrace(directory.path)({ container: { ...proxy, stopTimeout: 31_536_000 } });

	expect(await readFile(join(directory.path, "stop-grace"), "utf8")).toBe("2000000\n");
});

test("what is written already is not written again", async () => {
	await using directory = await temporaryDirectory();
	const tell = createStopGrace(directory.path);
	await tell({ container: proxy });
	await rm(join(directory.path, "stop-grace"));
	await tell({ container: proxy });

	await expect(readFile(join(directory.path, "stop-grace"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("outside of a container there is nothing to tell", async () => {
	await using directory = await temporaryDirectory();

	expect(await createStopGrace(directory.path)({ container: undefined })).toEqual([]);
	await expect(readFile(join(directory.path, "stop-grace"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a directory that can't be written is a problem, and tried again", async () => {
	await using directory = await temporaryDirectory();
	const tell = createStopGrace(join(directory.path, "missing"));

	for (const _ of [1, 2]) {
		expect(await tell({ container: proxy })).toMatchObject([
			{
				code: "stop-grace-not-written",
				severity: "problem",
				message: expect.stringContaining("10 s are assumed"),
			},
		]);
	}
});
