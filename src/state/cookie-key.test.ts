import { mkdir, readdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { keptCookieKey, openCookieKey } from "./cookie-key.ts";

test("a key is made once, at random, and is the same at every later start", async () => {
	await using directory = await temporaryDirectory();
	const first = await openCookieKey(directory.path);

	expect(first.key).toMatch(/^[A-Za-z0-9_-]{32}$/);
	expect((await openCookieKey(directory.path)).key).toBe(first.key);
	expect(await keptCookieKey(directory.path)).toBe(first.key);
	await using another = await temporaryDirectory();
	expect((await openCookieKey(another.path)).key).not.toBe(first.key);
});

test("the file is for its owner and the owner's group, and nothing else is left behind", async () => {
	await using directory = await temporaryDirectory();
	await openCookieKey(directory.path);

	expect((await stat(join(directory.path, "cookie-key"))).mode & 0o777).toBe(0o640);
	expect(await readdir(directory.path)).toEqual(["cookie-key"]);
});

test("what is kept is not written again", async () => {
	await using directory = await temporaryDirectory();
	const { key, keep } = await openCookieKey(directory.path);
	await writeFile(join(directory.path, "cookie-key"), "another-key");
	await keep();

	expect(await readFile(join(directory.path, "cookie-key"), "utf8")).toBe("another-key");
	expect(key).not.toBe("another-key");
});

const unusable = (directory: string) => ({
	code: "cookie-key-not-kept",
	severity: "problem",
	message: expect.stringContaining(`${directory}/cookie-key can't be used`),
	hint: expect.stringContaining("start the proxy anew"),
});

test.each(["", "short", "with a blank in it", "x".repeat(65), "$\u007bHOME}-and-more", "aaaa+bbbb/cccc=="])(
	"a kept text that is no key, %j, is left alone and told without the text, and a key in memory stands in",
	async (text) => {
		await using directory = await temporaryDirectory();
		const file = join(directory.path, "cookie-key");
		await writeFile(file, text);
		const { key, keep } = await openCookieKey(directory.path);

		expect(key).toMatch(/^[A-Za-z0-9_-]{32}$/);
		expect(await keptCookieKey(directory.path)).toBeUndefined();
		const problems = await keep();
		expect(problems).toEqual([expect.objectContaining(unusable(directory.path))]);
		if (text.length > 5) expect(JSON.stringify(problems)).not.toContain(text);
		expect(await readFile(file, "utf8")).toBe(text);
	},
);

test("what can't be read is left alone, and a problem until it is gone", async () => {
	await using directory = await temporaryDirectory();
	await mkdir(join(directory.path, "cookie-key"));
	const { key, keep } = await openCookieKey(directory.path);

	expect(await keep()).toEqual([expect.objectContaining(unusable(directory.path))]);
	await rmdir(join(directory.path, "cookie-key"));
	expect(await keep()).toEqual([]);
	expect(await keptCookieKey(directory.path)).toBe(key);
});

test("a key that came to be readable later is not written over, and asks for a start anew", async () => {
	await using directory = await temporaryDirectory();
	const file = join(directory.path, "cookie-key");
	await writeFile(file, "no key");
	const { keep } = await openCookieKey(directory.path);
	await writeFile(file, "the-key-of-before");

	expect(await keep()).toEqual([expect.objectContaining(unusable(directory.path))]);
	expect((await openCookieKey(directory.path)).key).toBe("the-key-of-before");
});

test("where it can't be written it lives in memory, which is a problem until it can", async () => {
	await using directory = await temporaryDirectory();
	const missing = join(directory.path, "missing");
	const { key, keep } = await openCookieKey(missing);

	expect(await keep()).toMatchObject([
		{ code: "cookie-key-not-kept", message: expect.stringContaining(missing), severity: "problem" },
	]);
	expect(JSON.stringify(await keep())).not.toContain(key);
	await mkdir(missing);
	expect(await keep()).toEqual([]);
	expect(await keptCookieKey(missing)).toBe(key);
});
