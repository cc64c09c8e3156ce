import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { idOf } from "../testing/containers.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { openAsleep } from "./asleep.ts";

let directory: TemporaryDirectory;
let file: string;
const [web, api] = [idOf("web"), idOf("api")];
const started = "2026-01-01T00:00:01Z";

beforeEach(async () => {
	directory = await temporaryDirectory();
	file = join(directory.path, "asleep.json");
});
afterEach(async () => directory[Symbol.asyncDispose]());

const reopened = async () => Object.fromEntries((await openAsleep(directory.path)).all());

test("who sleeps is known after a restart, until it is awake or gone", async () => {
	const { all, set, prune } = await openAsleep(directory.path);
	set(web, started);
	set(api, started);
	expect(new Set(all().keys())).toEqual(new Set([web, api]));
	await vi.waitFor(async () => expect(await reopened()).toEqual({ [web]: started, [api]: started }));

	set(web, undefined);
	await prune(async (id) => id === api);
	expect(all().size).toBe(0);
	await vi.waitFor(async () => expect(await reopened()).toEqual({}));
});

test("a file that is none is as good as none", async () => {
	await writeFile(file, "[]3");
	expect(await reopened()).toEqual({});
});

test("what can't be written holds all the same, is a problem, and is written once it can be", async () => {
	const { all, set, keep } = await openAsleep(directory.path);
	// In the way of the file that is written first, as a full disk would be.
	await mkdir(`${file}.next`);
	set(web, started);
	expect(await keep()).toMatchObject([{ code: "scale-not-kept", subject: file }]);
	expect(all().get(web)).toBe(started);
	await expect(readFile(file)).rejects.toThrow("ENOENT");

	await rm(`${file}.next`, { recursive: true });
	expect(await keep()).toEqual([]);
	expect(await reopened()).toEqual({ [web]: started });
});

test("nothing is written before anybody slept", async () => {
	const { keep } = await openAsleep(directory.path);
	expect(await keep()).toEqual([]);
	await expect(readFile(file)).rejects.toThrow("ENOENT");
});
