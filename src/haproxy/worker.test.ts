import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { ServerChange } from "../model/step.ts";
import { serveCommands } from "../testing/command-socket.ts";
import { fleetOfOne } from "../testing/generation-builder.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { repliesIn } from "./replies.ts";
import { ask } from "./socket.ts";
import { change, running, type Worker } from "./worker.ts";

const never = new AbortController().signal;
const header =
	"# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port";
const row = (name: string, admin: number) =>
	`3 nodes 1 ${name} 10.0.0.2 2 ${admin} 100 100 1 6 3 4 6 0 0 0 - 3000 - 0 0 - - 0`;
const states = (...rows: readonly string[]) => `1\n${[header, ...rows].join("\n")}\n\n`;
const info = "Name: HAProxy\nVersion: 3.0.11\nPid: 7\ndescription: 0a1b2c3d4e5f\nStopping: 0\n\n";

/** What the newest worker is told, and answers. */
async function told(reply: string) {
	const dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	const socket = await serveCommands("master", path, () => reply);
	const dispose = async () => {
		await socket[Symbol.asyncDispose]();
		await dir[Symbol.asyncDispose]();
	};
	return { master: { kind: "master", path } as const, socket, [Symbol.asyncDispose]: dispose };
}

const [entry] = fleetOfOne.pools[0]?.servers ?? [];
if (entry === undefined) throw new Error("the fleet of one is empty");
const named = { pool: "nodes", server: "web-0a1b2c3d" };
const add: ServerChange = { kind: "add-server", ...named, entry, policy: {}, options: "10.0.0.2:3000 check" };

test("what runs is told by one question: its structure, and each server with its state", async () => {
	await using world = await told(`${info}${states(row("a", 0), row("b", 8), row("c", 1), row("d", 5))}`);

	const found = await running(world.master, never);

	expect(found?.structure).toBe("0a1b2c3d4e5f");
	expect([...(found?.servers ?? [])].map(([name, { state }]) => `${name} ${state}`)).toEqual([
		"nodes/a ready",
		"nodes/b drain",
		"nodes/c maint",
		"nodes/d maint",
	]);
	expect(world.socket.commands).toEqual(["@1 show info\n@1 show servers state"]);
});

test("a server that joins is checked before it gets requests, and all is read back by the same connection", async () => {
	await using world = await told(`New server registered.\n\n\n\n${states(row("web-0a1b2c3d", 0))}`);

	const changed = await change(world.master, undefined, [add], never);

	expect(world.socket.commands).toEqual([
		[
			"@1 add server nodes/web-0a1b2c3d 10.0.0.2:3000 check",
			"@1 enable health nodes/web-0a1b2c3d",
			"@1 set server nodes/web-0a1b2c3d state ready",
			"@1 show servers state nodes",
		].join("\n"),
	]);
	expect(changed).toEqual({
		replies: [""],
		servers: [{ ...named, address: "10.0.0.2", port: 3000, weight: 100, state: "ready" }],
	});
});

test.each([
	["drained", "drain", "@1 set server nodes/web-0a1b2c3d state drain"],
	["in maintenance", "maint", "@1 enable health nodes/web-0a1b2c3d"],
] as const)("one that a person wants %s joins as that", async (_, state, last) => {
	await using world = await told("\n");
	await change(world.master, undefined, [{ ...add, entry: { ...entry, state } }], never).catch(
		() => undefined,
	);

	expect(world.socket.commands[0]?.split("\n").at(-2)).toBe(last);
});

test("each complaint is told with the change that it is about, and the others are made", async () => {
	const replies =
		"No such server.\n\n\nServer still has connections attached to it, cannot remove server.\n\n";
	await using world = await told(`${replies}${states()}`);
	const changes: readonly ServerChange[] = [
		{ kind: "maint-server", pool: "nodes", server: "gone" },
		{ kind: "weight-server", ...named, weight: 7 },
		{ kind: "remove-server", pool: "nodes", server: "busy", force: false },
	];

	expect((await change(world.master, undefined, changes, never))?.replies).toEqual([
		"No such server.",
		"",
		"Server still has connections attached to it, cannot remove server.",
	]);
});

test("one that is removed by force is rid of its requests first", async () => {
	await using world = await told(`\nServer deleted.\n\n${states()}`);
	const changed = await change(
		world.master,
		undefined,
		[{ kind: "remove-server", ...named, force: true }],
		never,
	);

	expect(changed?.replies).toEqual([""]);
	expect(world.socket.commands[0]).toContain("@1 shutdown sessions server nodes/web-0a1b2c3d\n@1 del server");
});

test("a pool that the process has not has no servers", async () => {
	await using world = await told(
		"No such backend.\n\nNo such server.\n\nNo such server.\n\nCan't find backend.\n\n",
	);

	expect(await change(world.master, undefined, [add], never)).toEqual({
		replies: ["No such backend."],
		servers: [],
	});
});

/** A worker's own socket beside the master's, which answers as if it were that process. */
async function toldDirectly(pid: number, said = "New server registered.") {
	const world = await told(`New server registered.\n\n\n\n${states(row("web-0a1b2c3d", 0))}`);
	const path = join(dirname(world.master.path), "admin.sock");
	const answer = `${info.replace("Pid: 7", `Pid: ${pid}`)}${said}\n\n\n\n${states(row("web-0a1b2c3d", 1))}`;
	const own = await serveCommands("worker", path, () => answer);
	const dispose = async () => {
		await own[Symbol.asyncDispose]();
		await world[Symbol.asyncDispose]();
	};
	const worker = workerAt(path);
	return { ...world, own, worker, [Symbol.asyncDispose]: dispose };
}

function workerAt(path: string): Worker {
	return { pid: 7, ask: async (line, signal) => ask({ kind: "worker", path }, line, signal) };
}

test("the worker itself is asked where it is known, all by one line, and the master is left alone", async () => {
	await using world = await toldDirectly(7);

	const changed = await change(world.master, world.worker, [add], never);

	expect(changed?.servers.map(({ state }) => state)).toEqual(["maint"]);
	expect(world.own.commands).toEqual([
		"show info;add server nodes/web-0a1b2c3d 10.0.0.2:3000 check;enable health nodes/web-0a1b2c3d;set server nodes/web-0a1b2c3d state ready;show servers state nodes",
	]);
	expect(world.socket.commands).toEqual([]);
});

test.each([
	["another process answers in its place", 8, "New server registered."],
	["its socket gives no right to that", 7, "Permission denied"],
])("when %s, the master passes all of it on to the newest", async (_, pid, said) => {
	await using world = await toldDirectly(pid, said);

	const changed = await change(world.master, world.worker, [add], never);

	expect(changed?.servers.map(({ state }) => state)).toEqual(["ready"]);
	expect(world.own.commands).toHaveLength(1);
	expect(world.socket.commands).toHaveLength(1);
});

test("the same when the worker's socket is gone, and when there is too much to say for one line", async () => {
	await using world = await toldDirectly(7);
	const gone = workerAt("/nowhere/admin.sock");
	expect((await change(world.master, gone, [add], never))?.replies).toEqual([""]);

	const many = new Array<ServerChange>(100).fill(add);
	await change(world.master, world.worker, many, never).catch(() => undefined);
	expect(world.own.commands).toEqual([]);
	expect(world.socket.commands).toHaveLength(2);
});

test.each([
	["has no worker", "Can't find the target PID matching the prefix '@1'\n"],
	["breaks off", "breaks off"],
])("there is nothing to change while the master %s", async (_, reply) => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	await using _socket = await serveCommands("master", path, () => reply);
	const master = { kind: "master", path } as const;

	expect(await change(master, undefined, [add], never)).toBeUndefined();
	expect(await running(master, never)).toBeUndefined();
});

test("replies are told apart by the empty line that ends each, and must be as many as the commands", () => {
	expect(repliesIn("\na\nb\n\n\n", ["1", "2", "3"])).toEqual(["\n", "a\nb\n\n", "\n"]);
	expect(() => repliesIn("\n", ["1", "2"])).toThrow(
		expect.objectContaining({ code: "haproxy-unexpected-reply" }),
	);
	expect(() => repliesIn("half a line", ["1"])).toThrow(
		expect.objectContaining({ code: "haproxy-unexpected-reply" }),
	);
});
