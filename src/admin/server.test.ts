import { stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import type { LoggedEvent } from "../model/membership.ts";
import { adminPorts, badLabel, fakeLog, webJoined, webRow, wellStatus } from "../testing/status-builder.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createApi } from "./api.ts";
import { askController, linesOfController } from "./client.ts";
import { serveAdmin } from "./server.ts";

const status = { ...wellStatus, problems: [badLabel] };
const ports = adminPorts({
	status: () => status,
	health: async () => ({ healthy: false, why: "HAProxy does not answer" }),
});
const { signal } = new AbortController();

function socketIn(directory: { readonly path: string }): string {
	return join(directory.path, "ballast.sock");
}

test("the command line is answered over the socket, path by path", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	await using _ = await serveAdmin(socket, ports);

	expect(await askController(socket, "/status")).toEqual(status);
	expect(await askController(socket, "/problems")).toEqual([badLabel]);
	expect(await askController(socket, "/servers")).toEqual([webRow]);
	expect(await askController(socket, "/health")).toEqual({ healthy: false, why: "HAProxy does not answer" });
});

test("anyone who may enter the directory may ask, and a socket of an earlier life is replaced", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	await writeFile(socket, "left over");
	await using _ = await serveAdmin(socket, ports);

	expect((await stat(socket)).mode & 0o777).toBe(0o666);
	expect(await askController(socket, "/problems")).toEqual([badLabel]);
});

test("a directory that is missing is told with the setting that names another", async () => {
	await using directory = await temporaryDirectory();

	await expect(serveAdmin(join(directory.path, "missing", "ballast.sock"), ports)).rejects.toMatchObject({
		code: "admin-socket",
		hint: expect.stringContaining("BALLAST_RUN_DIR"),
	});
});

test("promise 12: it stops answering at once, also those who are still asking", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	const asked = Promise.withResolvers<void>();
	const admin = await serveAdmin(socket, {
		...ports,
		servers: () => {
			asked.resolve();
			return new Promise(() => undefined);
		},
	});
	const answer = askController(socket, "/servers");
	answer.catch(() => undefined);
	await asked.promise;
	await admin[Symbol.asyncDispose]();

	await expect(answer).rejects.toMatchObject({ code: "no-controller" });
	await expect(askController(socket, "/status")).rejects.toMatchObject({ code: "no-controller" });
});

async function gathered<T>(all: AsyncIterable<T>): Promise<readonly T[]> {
	const items: T[] = [];
	for await (const item of all) items.push(item);
	return items;
}

test("the log is JSON lines: the latest, and with `follow` each as it comes", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	const { log, tell, followers } = fakeLog([webJoined, { ...webJoined, why: "later" }]);
	await using _ = await serveAdmin(socket, adminPorts({ log }));

	expect(await gathered(linesOfController(socket, "/log?lines=1", signal))).toEqual([[webJoined]]);
	expect(await gathered(linesOfController(socket, "/log?lines=0", signal))).toEqual([]);

	const stop = new AbortController();
	const told: LoggedEvent[] = [];
	const following = (async () => {
		for await (const events of linesOfController<LoggedEvent>(socket, "/log?lines=2&follow", stop.signal))
			told.push(...events);
	})();
	await expect.poll(() => told.length).toBe(2);
	tell({ ...webJoined, event: "leave", why: "é told to stop" });
	await expect.poll(() => told.length).toBe(3);
	expect(told.at(-1)).toEqual({ ...webJoined, event: "leave", why: "é told to stop" });

	stop.abort();
	await following;
	await expect.poll(() => followers.size).toBe(0);
});

test("promise 12: an open follower doesn't hold the controller's end, and hears of it", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	const { log, followers } = fakeLog();
	const admin = await serveAdmin(socket, adminPorts({ log }));
	const batches = linesOfController(socket, "/log?lines=1&follow", signal)[Symbol.asyncIterator]();

	expect(await batches.next()).toEqual({ done: false, value: [webJoined] });
	await admin[Symbol.asyncDispose]();

	await expect(batches.next()).rejects.toMatchObject({ code: "no-controller" });
	await expect.poll(() => followers.size).toBe(0);
});

test("a follower that doesn't keep up is let go of", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	const { log, tell, followers } = fakeLog();
	await using _ = await serveAdmin(socket, adminPorts({ log }));
	const batches = linesOfController(socket, "/log?lines=1&follow", signal)[Symbol.asyncIterator]();

	await batches.next();
	const long = { ...webJoined, why: "x".repeat(2_000) };
	for (let count = 0; followers.size > 0 && count < 100_000; count += 1) tell(long);

	expect(followers.size).toBe(0);
	while (!(await batches.next()).done) expect(followers.size).toBe(0);
});

test("what goes wrong behind an answer is told as it is", async () => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	const fault = new AppError("docker-unreachable", "no engine", { hint: "start it" });
	const latest = async () => Promise.reject(fault);
	await using _ = await serveAdmin(socket, adminPorts({ log: { latest, follow: latest } }));

	for (const path of ["/log?lines=1", "/log?lines=1&follow"]) {
		const lines = linesOfController(socket, path, signal);
		await expect(gathered(lines)).rejects.toMatchObject({
			code: fault.code,
			message: fault.message,
			hint: fault.hint,
		});
	}
});

test.each([
	["is missing", undefined],
	["answers with an error", { status: 500, body: "{}" }],
	["answers no JSON", { status: 200, body: "<html>" }],
	["breaks off", { status: 200, body: undefined }],
] as const)("a controller that %s does not answer", async (_, reply) => {
	await using directory = await temporaryDirectory();
	const socket = socketIn(directory);
	const server = createServer((_request, response) => {
		response.writeHead(reply?.status ?? 200, { "Content-Length": reply?.body?.length ?? 100 });
		if (reply?.body === undefined) response.write("{", () => response.destroy());
		else response.end(reply.body);
	});
	if (reply !== undefined) await new Promise<void>((listening) => server.listen(socket, listening));

	await expect(askController(socket, "/status")).rejects.toMatchObject({
		code: "no-controller",
		message: `no controller answers at ${socket}`,
		hint: expect.stringContaining("docker exec"),
	});
	server.close();
	server.closeAllConnections();
});

test("who drains is told by name and wish, and nothing else becomes a command of HAProxy's", async () => {
	const asked: string[] = [];
	const api = createApi({
		...ports,
		hold: async (container, wish) => {
			asked.push(`${wish} ${container}`);
			return { known: false, near: [] };
		},
		inFlight: async ({ pool, server, aged }) => {
			asked.push(`${pool}/${server} ${aged}`);
			return { state: "out", open: 0, queued: 0, replaced: [] };
		},
	});
	const post = async (body: string) => (await api.request("/holds", { method: "POST", body })).status;

	expect(await post('{"container":"web","wish":"drain"}')).toBe(200);
	expect((await api.request("/in-flight/nodes/web-1")).status).toBe(200);
	expect((await api.request("/in-flight/nodes/web-1?aged")).status).toBe(200);
	expect(asked).toEqual(["drain web", "nodes/web-1 false", "nodes/web-1 true"]);
	for (const bad of ["{", "[]", '{"container":"web","wish":"sleep"}', '{"container":7,"wish":"drain"}'])
		expect(await post(bad)).toBe(400);
	for (const bad of ["nodes;%20disable/web-1", "nodes/web%0Ashutdown", "nodes/%20"])
		expect((await api.request(`/in-flight/${bad}`)).status).toBe(400);
	expect(asked).toHaveLength(3);
});
