import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MembershipEvent } from "../model/membership.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createMembershipLog } from "./membership-log.ts";

const clock = { wall: () => Date.UTC(2026, 10, 21, 13, 0) };

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

const logIn = (dir: { readonly path: string }, over = {}) =>
	createMembershipLog({ dir: dir.path, out: screen(), clock, ...over });

/** Standard output that remembers. */
function screen() {
	const texts: string[] = [];
	return { write: (text: string) => texts.push(text), text: () => texts.join("") };
}

test("a join is one line on standard output and in the state directory, its fields in a fixed order", async () => {
	await using dir = await temporaryDirectory();
	const out = screen();
	const { append } = createMembershipLog({ dir: dir.path, out, clock });

	await expect(append([join1])).resolves.toEqual([]);

	expect(out.text()).toBe(line);
	await expect(readFile(join(dir.path, "membership.log"), "utf8")).resolves.toBe(line);
});

test("lines keep the order of the calls, and follow what an earlier life wrote", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "membership.log");
	await writeFile(path, "earlier\n");
	const { append } = createMembershipLog({ dir: dir.path, out: screen(), clock });

	await Promise.all(["a", "b", "c"].map((why) => append([{ ...join1, why }])));

	expect(
		(await readFile(path, "utf8")).split("\n").map((text) => /"why":"(.)"/.exec(text)?.[1] ?? text),
	).toEqual(["earlier", "a", "b", "c", ""]);
});

test("no event writes nothing", async () => {
	await using dir = await temporaryDirectory();
	const out = screen();

	await expect(createMembershipLog({ dir: dir.path, out, clock }).append([])).resolves.toEqual([]);

	expect(out.text()).toBe("");
	expect(await readdir(dir.path)).toEqual([]);
});

test("the file is bounded: a full one becomes the older one, and there is only one of those", async () => {
	await using dir = await temporaryDirectory();
	const { append } = createMembershipLog({
		dir: dir.path,
		out: screen(),
		clock,
		maxBytes: 2.5 * line.length,
	});

	for (const why of ["1", "2", "3", "4", "5"]) await append([{ ...join1, why }]);

	const whys = async (name: string) => (await readFile(join(dir.path, name), "utf8")).match(/(?<="why":")./g);
	expect((await readdir(dir.path)).sort()).toEqual(["membership.log", "membership.log.1"]);
	expect(await whys("membership.log.1")).toEqual(["3", "4"]);
	expect(await whys("membership.log")).toEqual(["5"]);
});

test("a batch that is larger than the bound is written all the same", async () => {
	await using dir = await temporaryDirectory();
	const { append } = createMembershipLog({ dir: dir.path, out: screen(), clock, maxBytes: 10 });

	await expect(append([join1, join1])).resolves.toEqual([]);

	await expect(readFile(join(dir.path, "membership.log"), "utf8")).resolves.toBe(line + line);
});

test("a full disk is a problem that stays until there is room, and then no line is missing", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "membership.log");
	await symlink("/dev/full", path);
	const out = screen();
	const { append } = createMembershipLog({ dir: dir.path, out, clock });

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

describe("the latest are read back", () => {
	const whys = (events: readonly { readonly why: string }[]) => events.map(({ why }) => why);

	test("as they were written, oldest first, as many as asked for", async () => {
		await using dir = await temporaryDirectory();
		const log = logIn(dir);
		for (const why of ["a", "b", "c"]) await log.append([{ ...join1, why }]);

		expect(await log.latest(9)).toEqual([
			...["a", "b", "c"].map((why) => ({ ...join1, why, time: "2026-11-21T13:00:00.000Z" })),
		]);
		expect(whys(await log.latest(2))).toEqual(["b", "c"]);
		expect(await log.latest(0)).toEqual([]);
	});

	test("those that hold a text, such as an id, from both files", async () => {
		await using dir = await temporaryDirectory();
		const log = logIn(dir, { maxBytes: 3.5 * line.length });
		for (const why of ["a", "b", "c", "ab", "ba"]) await log.append([{ ...join1, why }]);

		expect(whys(await log.latest(2, 'b"'))).toEqual(["b", "ab"]);
		expect(whys(await log.latest(9, ':"a'))).toEqual(["a", "ab"]);
	});

	test("also from the older file, and none where there is no file yet", async () => {
		await using dir = await temporaryDirectory();
		const log = logIn(dir, { maxBytes: 1.5 * line.length });

		expect(await log.latest(9)).toEqual([]);
		for (const why of ["a", "b", "c"]) await log.append([{ ...join1, why }]);
		expect(whys(await log.latest(9))).toEqual(["b", "c"]);
	});

	test("without lines that are damaged, and with the one that a crash has left no line of its own", async () => {
		await using dir = await temporaryDirectory();
		const damaged = ['{"time":"2026', "\0\0\0", "[]", '{"time":7}', "", line.slice(0, 40)].join("\n");
		await writeFile(join(dir.path, "membership.log"), damaged);
		const log = logIn(dir);
		await log.append([{ ...join1, why: "whole" }]);

		expect(whys(await log.latest(9))).toEqual(["whole"]);
	});

	test("and those that a full disk has not taken yet", async () => {
		await using dir = await temporaryDirectory();
		const log = logIn(dir);
		await log.append([{ ...join1, why: "written" }]);
		const [path, aside] = [join(dir.path, "membership.log"), join(dir.path, "aside")];
		await rename(path, aside);
		await mkdir(path);
		const waiting = log.append([{ ...join1, why: "waiting" }]);
		await expect(waiting).resolves.toHaveLength(1);
		await expect(log.latest(9)).rejects.toThrow("EISDIR");
		await rm(path, { recursive: true });
		await rename(aside, path);

		expect(whys(await log.latest(9))).toEqual(["written", "waiting"]);
	});
});

test("a follower is told of the latest, then of each once as it comes, through rotations, until it ends", async () => {
	await using dir = await temporaryDirectory();
	const log = logIn(dir, { maxBytes: 2.5 * line.length });
	await log.append([
		{ ...join1, why: "a" },
		{ ...join1, why: "b" },
	]);
	const told: string[] = [];
	const append = async (...whys: readonly string[]) =>
		await Promise.all(whys.map((why) => log.append([{ ...join1, why }])));
	const racing = append("c");
	const following = await log.follow(2, (events) => told.push(...events.map(({ why }) => why)));
	await append("d", "e", "f");
	following[Symbol.dispose]();
	await Promise.all([racing, append("g")]);

	expect(told).toEqual(["b", "c", "d", "e", "f"]);
});

test("who begins to follow while lines are being written is told of each once, in their order", async () => {
	await using dir = await temporaryDirectory();
	const log = logIn(dir, { maxBytes: 25.5 * line.length });
	const whys = Array.from({ length: 40 }, (_, index) => `${index}`);
	const followers = whys.map(() => [] as string[]);
	const under: Promise<unknown>[] = [];
	for (const [index, why] of whys.entries()) {
		under.push(log.append([{ ...join1, why }]));
		under.push(log.follow(40, (events) => followers[index]?.push(...events.map((event) => event.why))));
		await new Promise(setImmediate);
	}
	await Promise.all(under);

	for (const told of followers) expect(told).toEqual(whys);
});
