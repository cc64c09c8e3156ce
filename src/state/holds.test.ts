import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { idOf } from "../testing/containers.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { openHolds } from "./holds.ts";

let directory: TemporaryDirectory;
let file: string;
const [web, api] = [idOf("web"), idOf("api")];

beforeEach(async () => {
	directory = await temporaryDirectory();
	file = join(directory.path, "holds.json");
});
afterEach(async () => directory[Symbol.asyncDispose]());

const reopened = async () => [...(await openHolds(directory.path)).all()];

test("what was set is there after a restart, until it is taken back", async () => {
	const holds = await openHolds(directory.path);
	expect(await holds.set(web, "drain")).toEqual([]);
	expect(await holds.set(api, "maint")).toEqual([]);
	expect(await holds.set(web, "maint")).toEqual([]);
	expect(new Map(await reopened())).toEqual(
		new Map([
			[web, "maint"],
			[api, "maint"],
		]),
	);

	await holds.set(web, undefined);
	expect(await reopened()).toEqual([[api, "maint"]]);
});

test("nothing is written before anything was set", async () => {
	expect(await (await openHolds(directory.path)).keep()).toEqual([]);
	await expect(readFile(file)).rejects.toThrow("ENOENT");
});

test("it counts at once, while it is being written", async () => {
	const holds = await openHolds(directory.path);
	const writing = [holds.set(web, "drain"), holds.set(web, "maint"), holds.set(api, "drain")];
	expect(holds.all().get(web)).toBe("maint");
	await Promise.all(writing);
	expect(await reopened()).toHaveLength(2);
});

test("those that are gone are forgotten, and nobody while that can't be told", async () => {
	const holds = await openHolds(directory.path);
	await holds.set(web, "drain");
	await holds.set(api, "drain");
	await expect(holds.prune(async () => Promise.reject(new Error("no engine")))).rejects.toThrow("no engine");
	expect(await reopened()).toHaveLength(2);

	await holds.prune(async (id) => id === web);
	expect(await reopened()).toEqual([[api, "drain"]]);
});

test("what can't be written holds all the same, is a problem, and is written once it can be", async () => {
	const holds = await openHolds(directory.path);
	// In the way of the file that is written first.
	await mkdir(`${file}.next`);
	const [problem] = await holds.set(web, "drain");
	expect(problem).toMatchObject({ code: "holds-not-kept", subject: file });
	expect(problem?.message).toContain("it holds until the controller ends");
	expect(holds.all().get(web)).toBe("drain");
	expect(await holds.keep()).toHaveLength(1);

	await rm(`${file}.next`, { recursive: true });
	expect(await holds.keep()).toEqual([]);
	expect(await reopened()).toEqual([[web, "drain"]]);
});

test.each([
	["no JSON", "{"],
	["no container's id", '{"web":"drain"}'],
	["a state that is none", JSON.stringify({ [web]: "sleep" })],
])("a file with %s is a problem with a remedy, and left as it is", async (_, text) => {
	await writeFile(file, text);
	const holds = await openHolds(directory.path);
	expect(holds.all().size).toBe(0);
	const [problem] = await holds.set(api, "drain");
	expect(problem).toMatchObject({ code: "holds-not-kept", hint: expect.stringContaining("mend the file") });
	expect(await readFile(file, "utf8")).toBe(text);
});

test("a file that was mended is read, and what was set meanwhile is newer", async () => {
	await writeFile(file, "{");
	const holds = await openHolds(directory.path);
	await holds.set(api, "maint");
	await holds.set(idOf("sql"), undefined);
	await writeFile(file, JSON.stringify({ [web]: "drain", [api]: "drain", [idOf("sql")]: "drain" }));

	expect(await holds.keep()).toEqual([]);
	expect(new Map(await reopened())).toEqual(
		new Map([
			[web, "drain"],
			[api, "maint"],
		]),
	);
});

test("a file that was removed makes room for what was set meanwhile", async () => {
	await writeFile(file, "{");
	const holds = await openHolds(directory.path);
	await holds.set(api, "maint");
	await rm(file);

	expect(await holds.keep()).toEqual([]);
	expect(await reopened()).toEqual([[api, "maint"]]);
});
