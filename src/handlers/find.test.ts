import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { findHandlers } from "./find.ts";

async function foundIn(directory: string, event: string): Promise<readonly string[]> {
	const { paths, problems } = await findHandlers(directory, event);
	expect(problems).toEqual([]);
	return paths.map((path) => relative(directory, path));
}

test("a file runs on every event, or on the one it is named after, or that its directory is named after", async () => {
	await using directory = await temporaryDirectory();
	const files = [
		"zz",
		"10-log.sh",
		"reload.sh",
		"problem",
		"README.md",
		"reload.d",
		"deployed/a",
		"reload/b",
	];
	await mkdir(join(directory.path, "deployed"));
	await mkdir(join(directory.path, "reload"));
	for (const file of files) await writeFile(join(directory.path, file), "");

	const always = ["10-log.sh", "README.md", "zz"];
	expect(await foundIn(directory.path, "member-join")).toEqual(always);
	expect(await foundIn(directory.path, "problem")).toEqual(["10-log.sh", "README.md", "problem", "zz"]);
	expect(await foundIn(directory.path, "deployed")).toEqual([...always, "deployed/a"]);
	expect(await foundIn(directory.path, "reload")).toEqual([
		...["10-log.sh", "README.md", "reload.d", "reload.sh", "zz"],
		"reload/b",
	]);
});

test("a link to a file counts; what is hidden, an editor's copy, a directory or a broken link does not", async () => {
	await using directory = await temporaryDirectory();
	const at = (name: string) => join(directory.path, name);
	for (const file of [".hidden", "copy~", "real"]) await writeFile(at(file), "");
	await mkdir(at("directory"));
	await symlink("real", at("link"));
	await symlink("nowhere", at("broken"));
	await symlink("directory", at("link-to-directory"));

	expect(await foundIn(directory.path, "reload")).toEqual(["link", "real"]);
});

test("without the directory there are no handlers, and that is no problem", async () => {
	await using directory = await temporaryDirectory();

	expect(await foundIn(join(directory.path, "none"), "reload")).toEqual([]);
});

test("a directory that can't be read is a problem, and the other one's handlers are found", async () => {
	await using directory = await temporaryDirectory();
	await writeFile(join(directory.path, "all"), "");
	const name = "x".repeat(300);
	await chmod(directory.path, 0o755);

	expect(await findHandlers(directory.path, name)).toEqual({
		paths: [join(directory.path, "all")],
		problems: [expect.objectContaining({ code: "handlers-unreadable", subject: join(directory.path, name) })],
	});
});
