import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Answer, serveCommands } from "../testing/command-socket.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { type InFlight, showInFlight, streamsIn } from "./in-flight.ts";

const recorded = (name: string) => readFileSync(join(import.meta.dirname, "testdata", `${name}.txt`), "utf8");
const { signal } = new AbortController();
const place = { pool: "nodes", server: "web-1" };

type Row = {
	readonly status?: string;
	readonly weight?: number;
	readonly open?: number;
	readonly queued?: number;
	readonly served?: number;
};

/** As HAProxy 3.0.11 has it, of two servers. */
function stat({ status = "UP", weight = 100, open = 0, queued = 0, served = 0 }: Row): string {
	const fields = [
		["svname", "web-1"],
		["qcur", queued],
		["scur", open],
		["stot", served],
		["status", status],
		["weight", weight],
	];
	const own = fields.map(([name, value], index) => `S.6.1.${index}.${name}.1:KNS:str:${value}\n`);
	return `${own.join("")}S.6.2.1.svname.1:KNS:str:web-2\nS.6.2.4.scur.1:MGP:u32:9\n\n`;
}

function stream(age: string, server = "web-1"): string {
	return `0x7fae8c905400: proto=tcpv4 src=192.168.16.1:60740 fe=web be=nodes srv=${server} ts=00 epoch=0 age=${age} calls=3 rate=1\n`;
}

/** As `show servers state` has them. */
const states = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state
6 nodes 2 web-12 10.0.0.3 2 0
6 nodes 3 web-1 10.0.0.2 2 0

`;

async function ask(replies: Readonly<Record<string, Answer>>, proc = "show-proc"): Promise<InFlight> {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "master.sock");
	const all: typeof replies = { "show proc": recorded(proc), ...replies };
	await using _master = await serveCommands("master", path, (command) => {
		return all[command] ?? (command.endsWith(" show servers state nodes") ? states : "Unknown command\n");
	});
	return await showInFlight({ kind: "master", path }, { ...place, aged: true }, signal);
}

const now = "@1 show stat nodes 4 3 typed";

test.each<[Row, InFlight["state"]]>([
	[{ status: "UP" }, "open"],
	[{ status: "UP 1/3" }, "open"],
	[{ status: "no check" }, "open"],
	[{ status: "UP", weight: 0 }, "drained"],
	[{ status: "DRAIN" }, "drained"],
	[{ status: "DOWN" }, "drained"],
	[{ status: "MAINT" }, "out"],
	[{ status: "MAINT (via nodes/web-2)" }, "out"],
])("a server that HAProxy calls %j is %s", async (row, state) => {
	expect(await ask({ [now]: stat(row) })).toEqual({
		state,
		open: 0,
		queued: 0,
		served: 0,
		replaced: [],
		oldest: undefined,
	});
});

test("what is open is counted, and how old it is", async () => {
	const replies = {
		[now]: stat({ status: "DRAIN", open: 2, queued: 1, served: 7 }),
		"@1 show sess": [stream("4s"), stream("1m3s"), stream("2h", "web-2")].join(""),
	};

	expect(await ask(replies)).toEqual({
		state: "drained",
		open: 2,
		queued: 1,
		served: 7,
		replaced: [],
		oldest: 63,
	});
});

test("so is what processes still have that a reload has replaced, of which one may end meanwhile", async () => {
	const proc = recorded("show-proc-old-worker");
	const [pid] = /^\d+(?= +worker +1)/m.exec(proc.split("# old workers")[1] ?? "") ?? [];
	const old = `@!${pid} show stat nodes 4 3 typed`;
	const replies = { [now]: stat({ status: "MAINT" }), [`@!${pid} show sess`]: stream("7s") };

	expect(await ask({ ...replies, [old]: stat({ open: 1 }) }, "show-proc-old-worker")).toMatchObject({
		state: "out",
		open: 1,
		replaced: [{ pid: Number(pid), open: 1 }],
		oldest: 7,
	});
	for (const reply of [`Can't find the target PID matching the prefix '@!${pid}'\n`, "breaks off"] as const)
		expect(await ask({ ...replies, [old]: reply }, "show-proc-old-worker")).toMatchObject({ open: 0 });
});

test("a server or a pool that the process does not have is out", async () => {
	const nobody = states.replace(/.* web-1 .*\n/, "");
	for (const reply of [nobody, "Can't find backend.\n\n"])
		expect(await ask({ "@1 show servers state nodes": reply })).toMatchObject({ state: "out", open: 0 });
	expect(await ask({ [now]: "No such proxy.\n\n" })).toMatchObject({ state: "out", open: 0 });
});

test("a process in force that does not answer is no empty server", async () => {
	await expect(ask({ [now]: "breaks off" })).rejects.toMatchObject({ code: "haproxy-connection-lost" });
});

test("the age of a stream is a time in HAProxy's own words", () => {
	const ages = ["0s", "59s", "1m", "1m4s", "1h2m", "1d3h"].map((age) => streamsIn(stream(age))[0]?.seconds);
	expect(ages).toEqual([0, 59, 60, 64, 3_720, 97_200]);
});
