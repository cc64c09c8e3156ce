import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { serveAdmin } from "../admin/server.ts";
import { mainFile, runBallast } from "../testing/run-ballast.ts";
import { adminPorts, fakeLog, webJoined } from "../testing/status-builder.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";

const left = { ...webJoined, event: "leave", why: "told to stop (SIGTERM)" };
const [joinLine, leaveLine] = [webJoined, left].map((event) => `${JSON.stringify(event)}\n`);

/** A controller whose log holds two lines, and the command that follows it. */
async function following(...args: readonly string[]) {
	const directory = await temporaryDirectory();
	const fake = fakeLog([webJoined, left]);
	const admin = await serveAdmin(join(directory.path, "ballast.sock"), adminPorts({ log: fake.log }));
	const env = { NO_COLOR: "1", BALLAST_RUN_DIR: directory.path };
	const child = spawn(process.execPath, [mainFile, "log", ...args], { env });
	let out = "";
	child.stdout.setEncoding("utf8").on("data", (chunk) => {
		out += chunk;
	});
	return {
		...fake,
		admin,
		child,
		env,
		out: () => out,
		[Symbol.asyncDispose]: async () => {
			child.kill();
			await admin[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
}

async function codeOf(child: ChildProcess): Promise<number> {
	const [code] = await once(child, "close");
	return code;
}

test("the latest lines are printed, as text and as they are written down", { timeout: 120_000 }, async () => {
	await using log = await following("--follow");
	const [asJson, asText] = await Promise.all(
		[["--json"], ["-n", "1"]].map((flags) => runBallast(["log", ...flags], { env: log.env })),
	);

	expect(asJson).toEqual({ code: 0, out: `${joinLine}${leaveLine}`, err: "" });
	expect(asText).toEqual({
		code: 0,
		out: "2026-01-01T00:00:00.000Z  join    nodes     web-1             192.168.42.3:3000     healthy\n",
		err: "",
	});
});

test("a follower prints what comes, and ends with 0 at Ctrl-C", { timeout: 120_000 }, async () => {
	await using log = await following("--follow", "--json", "--lines", "0");
	await expect.poll(() => log.followers.size).toBe(1);
	log.tell(left);
	await expect.poll(log.out).toBe(leaveLine);
	const code = codeOf(log.child);
	log.child.kill("SIGINT");

	expect(await code).toBe(0);
	await expect.poll(() => log.followers.size).toBe(0);
});

test("a follower ends with 0 when nobody reads it any more", { timeout: 120_000 }, async () => {
	await using log = await following("-f", "--json");
	await expect.poll(log.out).toBe(`${joinLine}${leaveLine}`);
	const [code, err] = [codeOf(log.child), text(log.child.stderr)];
	log.child.stdout.destroy();
	const telling = setInterval(() => log.tell(left), 20);

	expect(await code).toBe(0);
	expect(await err).toBe("");
	clearInterval(telling);
});

test("a follower ends with 3, and says so, when the controller ends", { timeout: 120_000 }, async () => {
	await using log = await following("-f");
	await expect.poll(() => log.followers.size).toBe(1);
	const [code, err] = [codeOf(log.child), text(log.child.stderr)];
	await log.admin[Symbol.asyncDispose]();

	expect(await code).toBe(3);
	expect(await err).toMatch(/^ballast: the controller tells no more/);
});

test("a number of lines that is none is refused with 2", { timeout: 120_000 }, async () => {
	const { code, err } = await runBallast(["log", "--lines", "many"]);

	expect(code).toBe(2);
	expect(err).toContain("whole number");
});
