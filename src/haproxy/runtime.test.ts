import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveCommands } from "../testing/command-socket.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { parseInfo, parseServersState, showInfo, showServersState } from "./runtime.ts";
import { parseStats, showStats } from "./stats.ts";

/** Replies of a HAProxy 3.0.11 that was asked for them. */
const recorded = (name: string) => readFileSync(join(import.meta.dirname, "testdata", `${name}.txt`), "utf8");
const never = new AbortController().signal;

test("show info tells which process answers and which generation it has loaded", () => {
	expect(parseInfo(recorded("show-info"))).toMatchObject({
		version: "3.0.11-1+deb13u3",
		pid: 32543,
		description: "0123456789ab",
		stopping: false,
		threads: 2,
		maxconn: 1000,
	});
});

test("a configuration without a description has none", () => {
	expect(parseInfo(recorded("show-info").replace(/^description:.*\n/m, "")).description).toBe("");
});

test("show servers state tells address, operation, drain, maintenance and weight of each server", () => {
	const server = {
		operation: "running",
		maintenance: false,
		draining: false,
		weight: 100,
		address: "127.0.0.1",
	};

	expect(parseServersState("show servers state", recorded("show-servers-state"))).toEqual([
		{ ...server, pool: "nodes", server: "web-1-0a1b2c3d", port: 18091, draining: true },
		{ ...server, pool: "nodes", server: "web-2-1a2b3c4d", port: 18092, operation: "stopped", weight: 50 },
		{
			...server,
			pool: "nodes",
			server: "web-3-2a2b3c4d",
			port: 18093,
			operation: "stopped",
			maintenance: true,
		},
		{ ...server, pool: "shop", server: "s-1", port: 18094, weight: 1 },
	]);
});

test.each([
	["0", false],
	["1", true],
	["4", false],
	["5", true],
	["32", true],
])("of the administrative state %s, maintenance is %s", (admin, maintenance) => {
	const reply = recorded("show-servers-state").replace(/(s-1 \S+ \d) 0 /, `$1 ${admin} `);

	expect(parseServersState("show servers state", reply).at(-1)).toMatchObject({ maintenance });
});

test("show stat tells what each server does, in HAProxy's own words for its status", () => {
	const row = { address: "127.0.0.1:18091", weight: 100, current: 0, queued: 0, total: 0, check: "" };

	expect(parseStats(recorded("show-stat"))).toMatchObject([
		{ ...row, pool: "nodes", server: "web-1-0a1b2c3d", status: "DRAIN", check: "L7OK" },
		{
			...row,
			server: "web-2-1a2b3c4d",
			address: "127.0.0.1:18092",
			status: "DOWN",
			weight: 50,
			check: "L4CON",
		},
		{ ...row, server: "web-3-2a2b3c4d", address: "127.0.0.1:18093", status: "MAINT" },
		{
			...row,
			pool: "shop",
			server: "s-1",
			address: "127.0.0.1:18094",
			status: "no check",
			weight: 1,
			current: 1,
			total: 6,
		},
	]);
});

test("a pool without servers is no row", () => {
	expect(parseStats("\n")).toEqual([]);
	const [version, header] = recorded("show-servers-state").split("\n");
	expect(parseServersState("show servers state", `${version}\n${header}\n\n`)).toEqual([]);
});

test("each question is one command on the socket", async () => {
	await using dir = await temporaryDirectory();
	const socket = { kind: "worker", path: join(dir.path, "admin.sock") } as const;
	const replies: Record<string, string> = {
		"show info": recorded("show-info"),
		"show servers state": recorded("show-servers-state"),
		"show stat -1 4 -1 typed": recorded("show-stat"),
	};
	await using _server = await serveCommands(
		"worker",
		socket.path,
		(command) => replies[command] ?? "Unknown command\n",
	);

	await expect(showInfo(socket, never)).resolves.toHaveProperty("pid", 32543);
	await expect(showServersState(socket, undefined, never)).resolves.toHaveLength(4);
	await expect(showStats(socket, never)).resolves.toHaveLength(4);
});

const unknownPool = recorded("show-servers-state-unknown");

test.each([
	["an error", () => parseServersState("show servers state nope", unknownPool), "Can't find backend."],
	["another version of the format", () => parseServersState("show servers state", "2\n# be_id\n\n"), "2"],
	[
		"a row of too few columns",
		() => parseServersState("x", `${recorded("show-servers-state").trimEnd()}\n3 nodes\n`),
		"3 nodes",
	],
	["an unknown command", () => parseInfo("Unknown command: 'show info'\n"), "Unknown command"],
	["nothing", () => parseInfo("\n"), "nothing"],
	["a line that isn't a field", () => parseStats("Permission denied\n\n"), "Permission denied"],
])("%s is not taken for the reply", (_what, parse, said) => {
	expect(parse).toThrow(
		expect.objectContaining({ code: "haproxy-unexpected-reply", message: expect.stringContaining(said) }),
	);
});
