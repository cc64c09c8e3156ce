import { existsSync, readFileSync } from "node:fs";
import { chmod, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ownHappening } from "../model/happening.ts";
import { announced, joined } from "../testing/announcements.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { faultOf } from "./fault.ts";
import { runHandler } from "./run.ts";

let directory: TemporaryDirectory;
beforeAll(async () => {
	directory = await temporaryDirectory();
	await symlink(process.execPath, join(directory.path, "node"));
});
afterAll(async () => directory[Symbol.asyncDispose]());

const announcement = announced(joined("web"));
const never = new AbortController().signal;
let files = 0;

/** `#!node` begins one in this very Node, by a path without spaces: the kernel reads no other. */
async function handler(text: string, mode = 0o755): Promise<string> {
	files += 1;
	const path = join(directory.path, `handler-${files}`);
	await writeFile(path, text.replace(/^#!node\n/, `#!${join(directory.path, "node")}\n`));
	await chmod(path, mode);
	return path;
}

const running = async (text: string, limit = 20_000, signal = never) =>
	await runHandler(await handler(text), announcement, limit, signal);

async function faultIn(text: string, { limit = 20_000, mode = 0o755 } = {}) {
	const path = await handler(text, mode);
	const run = await runHandler(path, announcement, limit, never);
	const fault = await faultOf(path, announcement.event, run);
	return { path, ...fault };
}

/** One that has ended may wait as a zombie until PID 1 looks. */
const isGone = (pid: number) => {
	const state = `/proc/${pid}/stat`;
	return !existsSync(state) || / Z /.test(readFileSync(state, "utf8"));
};

test("a handler gets the JSON as one line, and an environment of PATH and the essentials alone", async () => {
	vi.stubEnv("BALLAST_WEBHOOK_SECRET", "whsec_secret");
	const run = await running(`#!node
		const { readFileSync } = require("node:fs");
		console.log(JSON.stringify({ stdin: readFileSync(0, "utf8"), env: process.env, cwd: process.cwd() }));
	`);
	vi.unstubAllEnvs();
	const { stdin, env, cwd } = JSON.parse(run.output);

	expect(run.end).toBe("done");
	expect(stdin).toBe(`${announcement.json}\n`);
	expect(cwd).toBe(directory.path);
	expect(env).toEqual({ PATH: expect.stringContaining("/usr/bin"), ...announcement.essentials });
});

test("a handler that never reads is well, however much there is to read", async () => {
	const large = announced(ownHappening("large", "\u0001".repeat(16_384)));
	const path = await handler("#!/bin/sh\nexec <&-\nexit 0\n");

	for (let runs = 0; runs < 5; runs += 1)
		expect(await runHandler(path, large, 20_000, never)).toMatchObject({ end: "done" });
});

test("of an endless output the end is kept, and the handler lives", async () => {
	const run = await running("#!/bin/sh\nseq 1 200000; echo to stderr >&2; exit 3\n");

	expect(run).toMatchObject({ end: "exit", code: 3 });
	expect(run.output.length).toBeLessThanOrEqual(4_000);
	expect(run.output).toMatch(/200000\nto stderr$|to stderr\n.*200000$/s);
});

test("promise 12: at its time limit a handler and all that it started are ended, also what ignores SIGTERM", async () => {
	const pids = join(directory.path, "pids");
	const run = await running(
		`#!/bin/sh\ntrap "" TERM\nsleep 600 & echo $! >${pids}; echo $$ >>${pids}; echo working; sleep 600; sleep 600\n`,
		1_500,
	);
	const [child = 0, self = 0] = (await readFile(pids, "utf8")).trim().split("\n").map(Number);

	expect(run).toMatchObject({ end: "time-limit", output: "working" });
	expect(run.took).toBeLessThan(30_000);
	await vi.waitFor(() => expect([child, self].map(isGone)).toEqual([true, true]), 10_000);
});

test("promise 12: when the controller ends, so does the handler", async () => {
	const end = new AbortController();
	const ended = running("#!/bin/sh\nsleep 600\n", 60_000, end.signal);
	setTimeout(() => end.abort(), 100);

	expect(await ended).toMatchObject({ end: "aborted" });
});

test("promise 12: what a handler leaves running is ended with it", async () => {
	const run = await running("#!/bin/sh\nsleep 600 >/dev/null 2>&1 & echo $!\n");

	expect(run.end).toBe("done");
	await vi.waitFor(() => expect(isGone(Number(run.output))).toBe(true), 10_000);
});

test("what escapes from its group can't hold the run", async () => {
	const run = await running("#!/bin/sh\nsetsid sleep 30 &\necho all of it\n");

	expect(run).toMatchObject({ end: "done", output: "all of it" });
	expect(run.took).toBeLessThan(20_000);
});

test("a handler that did well is no problem", async () => {
	expect(await faultIn("#!/bin/sh\ncat\n")).toEqual({ path: expect.any(String) });
});

test.each([
	[
		"an exit code, with the last that it said",
		"#!/bin/sh\necho a; echo b; echo c; printf '\\033[31md\\033[0m\\n' >&2; exit 3\n",
		/^the handler ended with exit code 3 on member-join: b \| c \| d$/,
		/docker exec --user 10002:10002 <proxy> \//,
	],
	[
		"an exit code, with the error that Node has thrown",
		`#!node\nthrow new Error("no chat", { cause: new Error("no such host") });\n`,
		/^the handler ended with exit code 1 on member-join: \[cause\]: Error: no such host$/,
		/by hand/,
	],
	[
		"an exit code and silence",
		"#!/bin/sh\nexit 1\n",
		/exit code 1 on member-join, and said nothing$/,
		/by hand/,
	],
	["a signal", "#!/bin/sh\nkill -SEGV $$\n", /was ended by SIGSEGV/, /by hand/],
	[
		"CRLF in its first line",
		"#!/bin/sh\r\necho hello\r\n",
		/lines that end with CRLF/,
		/sed -i 's\/\\r\$\/\/' \//,
	],
	["CRLF after env", "#!/usr/bin/env sh\r\necho hello\r\n", /lines that end with CRLF/, /sed -i/],
	["CRLF further down", "#!/bin/sh\nno-such-command\r\n", /lines that end with CRLF/, /sed -i/],
	[
		"an interpreter that is missing",
		"#!/usr/bin/no-such-python3 -u\n",
		/its interpreter \/usr\/bin\/no-such-python3 is not in this container/,
		/#!\/bin\/sh/,
	],
])("a handler's failure is told with a remedy: %s", async (_, text, message, hint) => {
	const fault = await faultIn(text);

	expect(fault).toMatchObject({ code: "handler-failed", severity: "problem", subject: fault.path });
	expect(fault.message).toMatch(message);
	expect(fault.hint).toMatch(hint);
	expect(fault.message).not.toMatch(/\p{Cc}/u);
});

test("a handler's failure is told with a remedy: not executable", async () => {
	const fault = await faultIn("#!/bin/sh\n", { mode: 0o644 });

	expect(fault).toMatchObject({
		message: `the handler can't be executed by user ${process.getuid?.()}`,
		hint: `chmod a+rx ${fault.path}, in a directory that is not mounted noexec`,
	});
});

test("a handler's failure is told with a remedy: its time limit", async () => {
	const fault = await faultIn("#!/bin/sh\necho calling; exec sleep 600\n", { limit: 200 });

	expect(fault.message).toMatch(/did not end within \d+ ms of member-join and was ended, .*: calling$/);
	expect(fault.hint).toContain("BALLAST_HANDLER_TIMEOUT");
});

test("a handler that was taken away before its turn is no failure", async () => {
	const path = join(directory.path, "gone");
	const run = await runHandler(path, announcement, 1_000, never);

	expect(await faultOf(path, "reload", run)).toBeUndefined();
});
