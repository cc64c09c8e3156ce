import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { missingSockets } from "./missing-sockets.ts";

/** A machine that has been up for a thousand seconds, with HAProxy's directory and one process. */
async function world(dir: string, program: string, startedAt: number): Promise<void> {
	await mkdir(join(dir, "proc/17"), { recursive: true });
	await writeFile(join(dir, "proc/uptime"), "1000.00 900.00\n");
	const before = Array.from({ length: 19 }, () => "0").join(" ");
	await writeFile(join(dir, "proc/17/stat"), `17 (${program}) ${before} ${startedAt * 100} 0 0\n`);
	for (const name of ["master.sock", "admin.sock", "handover.sock"]) await writeFile(join(dir, name), "");
}

test("while HAProxy has its sockets there is nothing to tell", async () => {
	await using dir = await temporaryDirectory();
	await world(dir.path, "haproxy", 1);

	expect(await missingSockets(dir.path, dir.path)).toEqual([]);
});

test("a socket that is gone while HAProxy runs is a problem that names it and the way out", async () => {
	await using dir = await temporaryDirectory();
	await world(dir.path, "haproxy", 1);
	await rm(join(dir.path, "admin.sock"));

	expect(await missingSockets(dir.path, dir.path)).toMatchObject([
		{
			code: "haproxy-socket-gone",
			message: expect.stringContaining("admin.sock is gone"),
			hint: expect.stringContaining("s6-svc -t /run/service/haproxy"),
		},
	]);
});

test.each([
	["has just started", "haproxy", 998],
	["does not run", "node", 1],
])("while HAProxy %s its sockets may be missing", async (_, program, startedAt) => {
	await using dir = await temporaryDirectory();
	await world(dir.path, program, startedAt);
	await rm(join(dir.path, "master.sock"));

	expect(await missingSockets(dir.path, dir.path)).toEqual([]);
});
