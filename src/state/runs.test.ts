import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createKeptRuns, machineRun } from "./runs.ts";

const now = { machine: "boot-1", engine: "socket-1" };

test("what was written down is there in the next life", async () => {
	await using dir = await temporaryDirectory();

	expect(await createKeptRuns(dir.path).keep(now)).toEqual([]);
	expect(await createKeptRuns(dir.path).told()).toEqual(now);
});

test("an engine that can't be told is kept as such", async () => {
	await using dir = await temporaryDirectory();
	await createKeptRuns(dir.path).keep({ ...now, engine: undefined });

	expect(await createKeptRuns(dir.path).told()).toEqual({ ...now, engine: undefined });
});

test.each(["", "{", '{"machine":1}', "null"])("the damaged file %j tells nothing", async (text) => {
	await using dir = await temporaryDirectory();
	await writeFile(join(dir.path, "runs.json"), text);

	expect(await createKeptRuns(dir.path).told()).toBeUndefined();
});

test("what is written already is not written again", async () => {
	await using dir = await temporaryDirectory();
	const runs = createKeptRuns(dir.path);
	await runs.keep(now);
	await rm(join(dir.path, "runs.json"));
	await runs.keep(now);

	await expect(readFile(join(dir.path, "runs.json"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a directory that can't be written is a problem, and tried again", async () => {
	const runs = createKeptRuns("/nowhere");

	for (const _ of [1, 2]) expect(await runs.keep(now)).toMatchObject([{ code: "runs-not-kept" }]);
});

test("the machine tells of its boot", async () => {
	expect(await machineRun()).toMatch(/^[0-9a-f-]{36}$/);
});
