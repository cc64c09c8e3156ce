import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveCommands } from "../testing/command-socket.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { showOldProcesses } from "./old-processes.ts";

const never = new AbortController().signal;
const proc = readFileSync(join(import.meta.dirname, "testdata/show-proc-old-worker.txt"), "utf8");
const stream = (server: string, age: string) =>
	`0x55: proto=tcpv4 src=10.0.0.9:1 fe=web be=${server.replace("/", " srv=")} ts=00 epoch=0 age=${age} calls=1\n`;
const ourselves =
	"0x56: proto=sockpair src=unix:2 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s calls=1\n";

async function asked(reply: string) {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	await using _master = await serveCommands("master", path, (command) =>
		command === "show proc" ? proc : reply,
	);
	return await showOldProcesses({ kind: "master", path }, never);
}

test("a process that was replaced tells what it still serves, where, and for how long", async () => {
	const busy = [
		stream("nodes/web-1", "3s"),
		stream("api/web-2", "1m4s"),
		stream("api/web-2", "2s"),
		ourselves,
	];

	expect(await asked(busy.join(""))).toEqual([
		{
			pid: 32392,
			open: 3,
			oldest: 64,
			servers: [
				{ server: "api/web-2", open: 2 },
				{ server: "nodes/web-1", open: 1 },
			],
		},
	]);
});

test("one whose last client has gone holds nothing, and one that has ended is none", async () => {
	expect(await asked(ourselves)).toEqual([{ pid: 32392, open: 0, oldest: undefined, servers: [] }]);
	expect(await asked("Can't find the target PID matching the prefix '@!32392'\n")).toEqual([]);
});

test("without a master there are none", async () => {
	await using dir = await temporaryDirectory();

	expect(await showOldProcesses({ kind: "master", path: join(dir.path, "none.sock") }, never)).toEqual([]);
});
