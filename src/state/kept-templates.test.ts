import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createKeptTemplates } from "./kept-templates.ts";

test("a copy holds the templates of the last call, and no other", async () => {
	await using state = await temporaryDirectory();
	const dir = join(state.path, "templates");
	const { keep, directory } = createKeptTemplates(dir);

	expect(await keep([{ name: "haproxy.cfg.eta", text: "old" }])).toEqual([]);
	expect(await keep([{ name: "partials/pool.cfg.eta", text: "new" }])).toEqual([]);

	expect(await directory()).toBe(dir);
	expect(await readdir(dir)).toEqual(["partials"]);
	expect(await readFile(join(dir, "partials/pool.cfg.eta"), "utf8")).toBe("new");
});

test("an operator without templates has an empty copy; where none was ever made, there is no directory", async () => {
	await using state = await temporaryDirectory();
	const { keep, directory } = createKeptTemplates(join(state.path, "templates"));

	expect(await directory()).toBeUndefined();
	await keep([]);
	expect(await directory()).toBeDefined();
});

test("a state directory that can't be written is a problem, not an end", async () => {
	await using state = await temporaryDirectory();
	await writeFile(join(state.path, "file"), "");
	const { keep } = createKeptTemplates(join(state.path, "file", "templates"));

	expect(await keep([])).toMatchObject([{ code: "templates-not-kept", severity: "problem" }]);
});

test("the same templates are written once", async () => {
	await using state = await temporaryDirectory();
	const dir = join(state.path, "templates");
	const { keep } = createKeptTemplates(dir);
	const own = [{ name: "haproxy.cfg.eta", text: "mine" }];

	await keep(own);
	const first = await stat(dir);
	await keep(own);

	expect((await stat(dir)).ino).toBe(first.ino);
});
