import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyFleet } from "../model/fleet.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createLastLife } from "./last-life.ts";

test("the fleet of an earlier life is there until it is forgotten", async () => {
	await using root = await temporaryDirectory();
	await mkdir(join(root.path, "0a1b2c3d4e5f"));
	await writeFile(join(root.path, "0a1b2c3d4e5f", "fleet.json"), JSON.stringify(emptyFleet));
	await symlink("0a1b2c3d4e5f", join(root.path, "last-life"));
	const lastLife = createLastLife(root.path);

	expect(await lastLife.fleet()).toEqual(emptyFleet);
	await lastLife.forget();
	expect(await lastLife.fleet()).toBeUndefined();
	await expect(lastLife.forget()).resolves.toBeUndefined();
});

test("a record that was damaged is none", async () => {
	await using root = await temporaryDirectory();
	await mkdir(join(root.path, "last-life"));
	await writeFile(join(root.path, "last-life", "fleet.json"), '{"pools":[');

	expect(await createLastLife(root.path).fleet()).toBeUndefined();
});
