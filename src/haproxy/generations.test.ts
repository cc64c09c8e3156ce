import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Verdict } from "../model/generation.ts";
import { fleetOfOne, listing } from "../testing/generation-builder.ts";
import { accept, first, second, third, withGenerations } from "../testing/generations-on-disk.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import type { Check } from "./check.ts";
import { createGenerations } from "./generations.ts";

const never = new AbortController().signal;
const refusal: Verdict = {
	accepted: false,
	findings: [{ file: "haproxy.cfg", line: 1, message: "no" }],
	output: "no",
};

test("before the first generation there is none in force", async () => {
	await withGenerations(async (generations) => {
		await expect(generations.current(true)).resolves.toBeUndefined();
		await expect(generations.inForce()).resolves.toBeUndefined();
	});
});

test("the generation in force is read back with its fleet", async () => {
	await withGenerations(async (generations) => {
		await generations.promote(first);

		await expect(generations.current(true)).resolves.toEqual({
			id: first.id,
			structure: first.structure,
			fleet: fleetOfOne,
		});
	});
});

test("the files in force are those that HAProxy reads, also below the directory, without our record", async () => {
	await withGenerations(async (generations) => {
		await generations.promote(second);
		await generations.promote(first);

		await expect(generations.inForce()).resolves.toEqual({ id: first.id, files: first.files });
	});
});

test.each([
	["is missing", undefined],
	["is damaged", '{"pools": [{"name"'],
	["has another shape", '{"pools": {}}'],
])(
	"a generation whose record %s counts as none, so that the next pass writes it again",
	async (_state, text) => {
		await withGenerations(async (generations, root) => {
			await mkdir(join(root, first.id));
			await symlink(first.id, join(root, "current"));
			if (text !== undefined) await writeFile(join(root, first.id, "fleet.json"), text);

			await expect(generations.current(true)).resolves.toBeUndefined();
			await generations.promote(first);
			await expect(generations.current(true)).resolves.toEqual({
				id: first.id,
				structure: first.structure,
				fleet: fleetOfOne,
			});
		});
	},
);

test("to promote the generation in force again is harmless, and mends what a hand has changed in it", async () => {
	await withGenerations(async (generations, root) => {
		await generations.promote(first);
		await generations.promote(second);
		await writeFile(join(root, "current", "haproxy.cfg"), "edited by hand\n");

		await generations.promote(second);

		expect(await listing(root)).toEqual([
			first.id,
			second.id,
			`current -> ${second.id}`,
			`previous -> ${first.id}`,
		]);
		await expect(readFile(join(root, "current", "haproxy.cfg"), "utf8")).resolves.toBe(`# ${second.id}\n`);
	});
});

test("the generation before can be promoted again", async () => {
	await withGenerations(async (generations, root) => {
		for (const each of [first, second, first]) await generations.promote(each);

		expect(await listing(root)).toEqual([
			first.id,
			second.id,
			`current -> ${first.id}`,
			`previous -> ${second.id}`,
		]);
	});
});

test("a revert brings the generation before back, and keeps the failed one to look at", async () => {
	await withGenerations(async (generations, root) => {
		for (const each of [first, second]) await generations.promote(each);

		await generations.revert();

		expect(await listing(root)).toEqual([first.id, `current -> ${first.id}`, "refused"]);
		await expect(readFile(join(root, "refused", "haproxy.cfg"), "utf8")).resolves.toBe(`# ${second.id}\n`);
		await expect(generations.revert()).rejects.toMatchObject({ code: "no-previous-generation" });
		await generations.promote(second);
		await expect(generations.current(true)).resolves.toHaveProperty("id", second.id);
	});
});

test("a revert of the first generation changes nothing", async () => {
	await withGenerations(async (generations, root) => {
		await generations.promote(first);

		await expect(generations.revert()).rejects.toMatchObject({ code: "no-previous-generation" });
		expect(await listing(root)).toEqual([first.id, `current -> ${first.id}`]);
	});
});

test("promise 4: a check sees the generation as it would be, beside the one in force, and leaves no trace", async () => {
	let seen: readonly string[] = [];
	const look: Check = async (dir) => {
		seen = (await readdir(dir, { recursive: true })).sort();
		return { accepted: true };
	};
	await withGenerations(async (generations, root) => {
		await generations.promote(first);
		const before = await listing(root);

		await expect(generations.check(second, never)).resolves.toEqual({ accepted: true });

		expect(seen).toEqual(["errors", "errors/503.http", "fleet.json", "haproxy.cfg", "hosts.map", "sums"]);
		expect(await listing(root)).toEqual(before);
	}, look);
});

test("promise 4: of the refused generations the last one is kept, and none comes into force", async () => {
	await withGenerations(
		async (generations, root) => {
			await expect(generations.check(first, never)).resolves.toEqual(refusal);
			await expect(generations.check(second, never)).resolves.toEqual(refusal);

			expect(await listing(root)).toEqual(["refused"]);
			await expect(readFile(join(root, "refused", "haproxy.cfg"), "utf8")).resolves.toBe(`# ${second.id}\n`);
			await generations.promote(third);
			expect(await listing(root)).toContain("refused");
		},
		async () => refusal,
	);
});

test("a check that fails leaves no trace", async () => {
	await withGenerations(
		async (generations, root) => {
			await expect(generations.check(first, never)).rejects.toThrow("no haproxy");
			expect(await listing(root)).toEqual([]);
		},
		async () => {
			throw new Error("no haproxy");
		},
	);
});

test("a directory that isn't there is a clear error", async () => {
	await using dir = await temporaryDirectory();
	const generations = createGenerations(join(dir.path, "generation"), accept);

	await expect(generations.promote(first)).rejects.toMatchObject({
		code: "generation-disk",
		message: expect.stringContaining("the directory is missing"),
	});
});

test("what an earlier life left unfinished is swept away by the next promotion", async () => {
	await withGenerations(async (generations, root) => {
		await generations.promote(first);
		for (const leftover of ["staging", "dddddddddddd"]) await mkdir(join(root, leftover));
		await symlink("dddddddddddd", join(root, "current.new"));

		await generations.promote(second);

		expect(await listing(root)).toEqual([
			first.id,
			second.id,
			`current -> ${second.id}`,
			`previous -> ${first.id}`,
		]);
	});
});

test("promise 11: what an earlier life has left as previous can't be brought back", async () => {
	await withGenerations(async (generations, root) => {
		for (const each of [first, second]) await generations.promote(each);
		await rm(join(root, "current"));

		await generations.promote(third);

		await expect(generations.revert()).rejects.toMatchObject({ code: "no-previous-generation" });
	});
});
