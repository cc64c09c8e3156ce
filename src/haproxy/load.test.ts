import { join } from "node:path";
import { expect, test } from "vitest";
import { serveCommands } from "../testing/command-socket.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { excuseHeld, parseLoad, showLoad } from "./load.ts";

type Fields = Readonly<Record<string, string | number>>;

/** As HAProxy 3.0.11 has it, with fields between those that count. */
function row(object: string, fields: Fields): string {
	const all = { mode: "http", stot: 7, ...fields, rtime_max: 99, qtime_max: 99, ctime_max: 99 };
	return Object.entries(all)
		.map(([name, value], index) => `${object}.${index}.${name}.1:MGP:u32:${value}\n`)
		.join("");
}

function pool(id: number, name: string, backend: Fields, ...servers: readonly Fields[]): string {
	const rows = servers.map((server, index) =>
		row(`S.${id}.${index + 1}`, {
			pxname: name,
			svname: `web-${index + 1}`,
			qcur: 0,
			scur: 0,
			status: "UP",
			...server,
		}),
	);
	const own = { pxname: name, svname: "BACKEND", status: "UP", qcur: 0, scur: 99, req_tot: 0, ...backend };
	return `${rows.join("")}${row(`B.${id}.0`, { qtime: 0, ctime: 0, rtime: 0, ...own })}\n`;
}

const parsed = (...replies: readonly string[]) => parseLoad("show stat", replies.join(""));

test("a pool's load is what waits there and at its servers, what came, and how long it took", () => {
	const backend = { qcur: 3, req_tot: 1_234, qtime: 5, ctime: 2, rtime: 40 };
	expect(
		parsed(pool(6, "nodes", backend, { scur: 4, qcur: 1, req_tot: 600 }, { scur: 9, status: "DOWN" })),
	).toEqual([
		{
			...{ pool: "nodes", queued: 4, held: undefined, requests: 1_234, queueMs: 5, responseMs: 42 },
			servers: [
				{ server: "web-1", current: 4, open: true },
				{ server: "web-2", current: 9, open: false },
			],
		},
	]);
});

test.each([
	["UP", true],
	["UP 1/3", true],
	["no check", true],
	["DRAIN", false],
	["DOWN", false],
	["DOWN 1/2", false],
	["NOLB", false],
	["MAINT", false],
])("a server that HAProxy calls %j takes new clients: %s", (status, open) => {
	expect(parsed(pool(6, "nodes", {}, { status }))[0]?.servers).toMatchObject([{ open }]);
});

test("each pool has its own servers, though they have the same numbers and names", () => {
	const loads = parsed(
		pool(6, "nodes", {}, { scur: 1 }),
		pool(7, "other", {}, { scur: 2 }),
		pool(8, "empty", {}),
	);
	expect(loads.map((load) => [load.pool, load.servers.map(({ current }) => current)])).toEqual([
		["nodes", [1]],
		["other", [2]],
		["empty", []],
	]);
});

test("a pool that HAProxy does not have yet is left out, and the others are not", () => {
	expect(parsed("No such proxy.\n\n", pool(7, "other", {})).map((load) => load.pool)).toEqual(["other"]);
	expect(parsed("No such proxy.\n\n")).toEqual([]);
});

test("how many requests wait for a server is told of the pools for which they may", () => {
	const pools = pool(6, "nodes", {}) + pool(7, "other", {});
	expect(parsed(pools, "held nodes 3\nheld far 1\n\n").map(({ held }) => held)).toEqual([3, undefined]);
	expect(
		parsed(pools, "Unknown command: 'show held', but maybe one of these:\n").map(({ held }) => held),
	).toEqual([undefined, undefined]);
});

test("what waited on its way back into the frontend is at no server, and its time is no answer's", () => {
	const backend = { req_tot: 30, rtime: 5_000 };
	const servers = [
		{ scur: 1, stot: 10, ctime: 1, rtime: 19 },
		{ scur: 2, stot: 30, ctime: 0, rtime: 40 },
	];
	const [load] = parsed(
		pool(6, "nodes", backend, ...servers, { svname: "_wait", scur: 9, stot: 3, rtime: 9_000 }),
	);
	expect(load).toMatchObject({ responseMs: 35, servers: [{ current: 1 }, { current: 2 }] });
});

test("while nothing came back, a pool's mean is its own, also of servers that have gone", () => {
	const [load] = parsed(pool(6, "nodes", { rtime: 50 }, { svname: "_wait", stot: 0 }));
	expect(load).toMatchObject({ responseMs: 50, servers: [] });
});

test("why they wait in vain is told as one word, whatever is in it", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "worker.sock");
	await using haproxy = await serveCommands("worker", path, () => "\n");

	await excuseHeld({ kind: "worker", path }, "nodes", "web: 50 %; it ended\n", new AbortController().signal);

	expect(haproxy.commands).toEqual(["tell held nodes web%3A%2050%20%25%3B%20it%20ended%0A"]);
});

test("any other answer is none", () => {
	expect(() => parsed("Unknown command: 'show stat'\n")).toThrow(
		expect.objectContaining({ code: "haproxy-unexpected-reply" }),
	);
});

test("all pools are asked for at once, and nobody where there is none", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "worker.sock");
	await using haproxy = await serveCommands(
		"worker",
		path,
		() => pool(6, "nodes", {}) + pool(7, "other", {}),
	);
	const { signal } = new AbortController();

	expect(await showLoad({ kind: "worker", path }, ["nodes", "other"], signal)).toHaveLength(2);
	expect(await showLoad({ kind: "worker", path }, [], signal)).toEqual([]);
	expect(haproxy.commands).toEqual(["show stat nodes 6 -1 typed;show stat other 6 -1 typed;show held"]);
});
