import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Answer, type FakeCommandSocket, serveCommands } from "../testing/command-socket.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createHaproxy, type Haproxy, parseProc, parseReload } from "./master.ts";

/** Replies of a HAProxy 3.0.11 that was asked for them. */
const recorded = (name: string) => readFileSync(join(import.meta.dirname, "testdata", `${name}.txt`), "utf8");
const socketsAt = (master: string) => ({ master, worker: `${master}.of-no-worker` });
const never = new AbortController().signal;

/** A master whose reply to each command is the next of its list, and the last from then on. */
async function masterWith(
	replies: Record<string, readonly Answer[]>,
): Promise<AsyncDisposable & { readonly haproxy: Haproxy; readonly master: FakeCommandSocket }> {
	const dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	const left = new Map(Object.entries(replies).map(([command, list]) => [command, [...list]]));
	const master = await serveCommands("master", path, (command) => {
		const list = left.get(command) ?? [];
		return (list.length > 1 ? list.shift() : list[0]) ?? `Unknown command: '${command}'\n\n`;
	});
	const dispose = async () => {
		await master[Symbol.asyncDispose]();
		await dir[Symbol.asyncDispose]();
	};
	return {
		haproxy: createHaproxy(socketsAt(path), carriedIn(dir.path)),
		master,
		[Symbol.asyncDispose]: dispose,
	};
}

const carriedIn = (dir: string) => ({
	servers: join(dir, "carried/servers"),
	counters: join(dir, "carried/counters"),
});
const proc = recorded("show-proc");
const dumps = "@1 show servers state\n@1 dump stats-file";
const ready = "@1 set server _successor/next state ready";
const maint = "@1 set server _successor/next state maint";
const otherWorker = proc.replace(/\d+( +worker)/, "99999$1");

test("the generation that is loaded is the description that the newest worker gives", async () => {
	await using world = await masterWith({ "@1 show info": [recorded("show-info")] });

	await expect(world.haproxy.loaded(never)).resolves.toBe("0123456789ab");
});

test("nothing is loaded while no process answers", async () => {
	await using dir = await temporaryDirectory();

	await expect(
		createHaproxy(socketsAt(join(dir.path, "master.sock")), carriedIn(dir.path)).loaded(never),
	).resolves.toBeUndefined();
});

test.each([
	["has no worker yet", recorded("no-such-worker").replaceAll("@7", "@1")],
	["is just replacing itself", "breaks off" as const],
])("nothing is loaded while the master %s", async (_state, answer) => {
	await using world = await masterWith({ "@1 show info": [answer] });

	await expect(world.haproxy.loaded(never)).resolves.toBeUndefined();
});

test("a reload that the master calls a success has reloaded", async () => {
	await using world = await masterWith({ "show proc": [proc], reload: [recorded("reload-success")] });

	await expect(world.haproxy.reload(never)).resolves.toEqual({ kind: "reloaded", old: 0 });
});

test("a reload that fails gives HAProxy's own account of it", async () => {
	await using world = await masterWith({ "show proc": [proc], reload: [recorded("reload-failure")] });

	await expect(world.haproxy.reload(never)).resolves.toEqual({
		kind: "failed",
		log: expect.stringContaining("(got 'conect')"),
	});
});

test("HAProxy's account of a failed reload is the same at the next try, by another process", () => {
	const reply = recorded("reload-failure");

	expect(parseReload(reply.replaceAll("12124", "7"))).toEqual(parseReload(reply));
});

test("promise 11: a process that is to be replaced learns of its successor before, and forgets it when none comes", async () => {
	await using world = await masterWith({
		[ready]: ["\n"],
		[maint]: ["\n"],
		"show proc": [proc],
		reload: [recorded("reload-failure"), recorded("reload-success")],
	});

	await world.haproxy.reload(never);
	await world.haproxy.reload(never);

	const order = [ready, "reload", maint, ready, "reload"];
	expect(world.master.commands.filter((command) => command !== "show proc" && command !== dumps)).toEqual(
		order,
	);
});

test("a failure is not believed when a new worker serves", async () => {
	await using world = await masterWith({
		"show proc": [proc, otherWorker],
		reload: [recorded("reload-failure")],
	});

	await expect(world.haproxy.reload(never)).resolves.toEqual({ kind: "reloaded", old: 0 });
});

test("without a master there is nothing to reload", async () => {
	await using dir = await temporaryDirectory();

	await expect(
		createHaproxy(socketsAt(join(dir.path, "master.sock")), carriedIn(dir.path)).reload(never),
	).resolves.toEqual({
		kind: "not-running",
	});
});

test("a reload that somebody else's reload breaks off is asked for again, of a process that learns of its successor", async () => {
	await using world = await masterWith({
		"show proc": [proc],
		reload: ["breaks off", recorded("reload-success")],
	});

	await expect(world.haproxy.reload(never)).resolves.toEqual({ kind: "reloaded", old: 0 });
	expect(world.master.commands.slice(-5, -1)).toEqual([ready, "reload", ready, "reload"]);
});

test("reloads happen one at a time", async () => {
	let running = 0;
	let most = 0;
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	await using _master = await serveCommands("master", path, async (command) => {
		if (command !== "reload") return proc;
		most = Math.max(most, ++running);
		await new Promise((turn) => setImmediate(turn));
		running--;
		return recorded("reload-success");
	});
	const haproxy = createHaproxy(socketsAt(path), carriedIn(dir.path));

	await Promise.all([haproxy.reload(never), haproxy.reload(never), haproxy.reload(never)]);

	expect(most).toBe(1);
});

test("a reload that ended badly doesn't keep the next from happening", async () => {
	await using world = await masterWith({
		"show proc": [proc],
		reload: ["nonsense\n", recorded("reload-success")],
	});

	const [first, second] = await Promise.allSettled([
		world.haproxy.reload(never),
		world.haproxy.reload(never),
	]);

	expect(first).toMatchObject({ status: "rejected", reason: { code: "haproxy-unexpected-reply" } });
	expect(second).toMatchObject({ status: "fulfilled", value: { kind: "reloaded", old: 0 } });
});

test("promise 12: an abort ends a reload that waits for its turn, and keeps the others' order", async () => {
	await using world = await masterWith({ "show proc": [proc], reload: ["is silent"] });
	const [stopFirst, stopSecond] = [new AbortController(), new AbortController()];

	const first = world.haproxy.reload(stopFirst.signal);
	const second = world.haproxy.reload(stopSecond.signal);
	stopSecond.abort(new Error("second gives up"));
	await expect(second).rejects.toThrow("second gives up");
	await expect.poll(() => world.master.commands).toContain("reload");
	stopFirst.abort(new Error("first gives up"));
	await expect(first).rejects.toThrow("first gives up");

	expect(world.master.commands).toEqual([dumps, "show proc", ready, "reload"]);
});

test("show proc tells new workers from those that finish their connections", () => {
	expect(parseProc(recorded("show-proc-old-worker"))).toEqual([
		{ pid: 12124, role: "master" },
		{ pid: 32543, role: "worker" },
		{ pid: 32392, role: "old worker" },
	]);
});

test.each([
	["reload", () => parseReload("Unknown command: 'reload'\n")],
	["show proc", () => parseProc("Permission denied\n\n")],
])("another reply than that to %s is refused", (_command, parse) => {
	expect(parse).toThrow(expect.objectContaining({ code: "haproxy-unexpected-reply" }));
});

test("a reload carries over what the process knows of its servers and has counted, and leaves nothing of it behind", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	const carried = carriedIn(dir.path);
	const read: string[] = [];
	await using _master = await serveCommands("master", path, async (command) => {
		if (command === dumps) return "1\n# be_id\n\n#fe guid\n\n";
		if (command !== "reload") return proc;
		for (const file of [carried.servers, carried.counters]) read.push(await readFile(file, "utf8"));
		return recorded("reload-success");
	});

	await createHaproxy(socketsAt(path), carried).reload(never);

	expect(read).toEqual(["1\n# be_id\n\n", "#fe guid\n\n"]);
	expect(await readFile(carried.servers, "utf8")).toBe("1\n");
	expect(await readFile(carried.counters, "utf8")).toBe("");
});

test("how many processes a reload has left behind is told", async () => {
	await using world = await masterWith({
		"show proc": [recorded("show-proc-old-worker")],
		reload: [recorded("reload-success")],
	});

	await expect(world.haproxy.reload(never)).resolves.toEqual({ kind: "reloaded", old: 1 });
});
