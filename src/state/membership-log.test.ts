import { readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { MembershipEvent } from "../model/membership.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createMembershipLog } from "./membership-log.ts";

const clock = { now: () => Date.UTC(2026, 10, 21, 13, 0) };

const join1: MembershipEvent = {
	event: "join",
	role: "backend",
	name: "web-1",
	id: "0a1b2c3d".repeat(8),
	address: "192.168.42.3:3000",
	pool: "nodes",
	why: "healthy",
};

const line = `{"time":"2026-11-21T13:00:00.000Z","role":"backend","name":"web-1","id":"${"0a1b2c3d".repeat(8)}","address":"192.168.42.3:3000","pool":"nodes","event":"join","why":"healthy"}\n`;

/** Standard output that remembers. */
function screen() {
	const texts: string[] = [];
	return { write: (text: string) => texts.push(text), text: () => texts.join("") };
}

test("a join is one line on standard output and in the state directory, its fields in a fixed order", async () => {
	await using dir = await temporaryDirectory();
	const out = screen();
	const append = createMembershipLog({ dir: dir.path, out, clock });

	await expect(append([join1])).resolves.toEqual([]);

	expect(out.text()).toBe(line);
	await expect(readFile(join(dir.path, "membership.log"), "utf8")).resolves.toBe(line);
});

test("lines keep the order of the calls, and follow what an earlier life wrote", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "membership.log");
	await writeFile(path, "earlier\n");
	const append = createMembershipLog({ dir: dir.path, out: screen(), clock });

	await Promise.all(["a", "b", "c"].map((why) => append([{ ...join1, why }])));

	expect(
		(await readFile(path, "utf8")).split("\n").map((text) => /"why":"(.)"/.exec(text)?.[1] ?? text),
	).toEqual(["earlier", "a", "b", "c", ""]);
});

test("no event writes nothing", async () => {
	await using dir = await temporaryDirectory();
	const out = screen();

	await expect(createMembershipLog({ dir: dir.path, out, clock })([])).resolves.toEqual([]);

	expect(out.text()).toBe("");
	expect(await readdir(dir.path)).toEqual([]);
});

test("the file is bounded: a full one becomes the older one, and there is only one of those", async () => {
	await using dir = await temporaryDirectory();
	const append = createMembershipLog({ dir: dir.path, out: screen(), clock, maxBytes: 2.5 * line.length });

	for (const why of ["1", "2", "3", "4", "5"]) await append([{ ...join1, why }]);

	const whys = async (name: string) => (await readFile(join(dir.path, name), "utf8")).match(/(?<="why":")./g);
	expect((await readdir(dir.path)).sort()).toEqual(["membership.log", "membership.log.1"]);
	expect(await whys("membership.log.1")).toEqual(["3", "4"]);
	expect(await whys("membership.log")).toEqual(["5"]);
});

test("a batch that is larger than the bound is written all the same", async () => {
	await using dir = await temporaryDirectory();
	const append = createMembershipLog({ dir: dir.path, out: screen(), clock, maxBytes: 10 });

	await expect(append([join1, join1])).resolves.toEqual([]);

	await expect(readFile(join(dir.path, "membership.log"), "utf8")).resolves.toBe(line + line);
});

test("a full disk is a problem that stays until there is room, and then no line is missing", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "membership.log");
	await symlink("/dev/full", path);
	const out = screen();
	const append = createMembershipLog({ dir: dir.path, out, clock });

	await expect(append([join1])).resolves.toMatchObject([
		{ code: "membership-log-not-written", message: expect.stringContaining("no space left on device") },
	]);
	await expect(append([])).resolves.toHaveLength(1);
	expect(out.text()).toBe(line);

	await rm(path);
	await expect(append([])).resolves.toEqual([]);
	await expect(append([join1])).resolves.toEqual([]);
	await expect(readFile(path, "utf8")).resolves.toBe(line + line);
	expect(out.text()).toBe(line + line);
});
