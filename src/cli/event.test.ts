import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serveAdmin } from "../admin/server.ts";
import type { Handed, Happening } from "../model/happening.ts";
import { runBallast } from "../testing/run-ballast.ts";
import { adminPorts } from "../testing/status-builder.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";

let directory: TemporaryDirectory;
let controller: AsyncDisposable;
let told: Happening[] = [];

beforeAll(async () => {
	directory = await temporaryDirectory();
	const hand = async (happening: Happening): Promise<Handed> => {
		told.push(happening);
		return { handlers: 2, webhooks: 1, dropped: happening.event === "missed" ? 1 : 0 };
	};
	controller = await serveAdmin(join(directory.path, "ballast.sock"), adminPorts({ hand }));
});
afterAll(async () => {
	await controller[Symbol.asyncDispose]();
	await directory[Symbol.asyncDispose]();
});

async function event(args: readonly string[], input = "") {
	told = [];
	const run = await runBallast(["event", ...args], { env: { BALLAST_RUN_DIR: directory.path }, input });
	return { ...run, told };
}

test("an event is handed to the controller, which says to how many it goes", {
	timeout: 120_000,
}, async () => {
	expect(await event(["deployed", '{"version": 2}'])).toEqual({
		code: 0,
		out: "handed to 2 handler(s) and 1 webhook(s)\n",
		err: "",
		told: [{ kind: "own", event: "deployed", payload: '{"version": 2}' }],
	});
	expect(await event(["deployed", "--json"])).toMatchObject({
		code: 0,
		out: '{\n\t"handlers": 2,\n\t"webhooks": 1,\n\t"dropped": 0\n}\n',
		told: [{ payload: undefined }],
	});
});

test("a payload can come by standard input, and begin with a dash", { timeout: 120_000 }, async () => {
	expect(await event(["deployed", "-"], "two\nlines\n")).toMatchObject({
		told: [{ payload: "two\nlines\n" }],
	});
	expect(await event(["deployed", "--", "-1"])).toMatchObject({ told: [{ payload: "-1" }] });
});

test("who will not hear of it is told by the exit code, too", { timeout: 120_000 }, async () => {
	expect(await event(["missed"])).toMatchObject({
		code: 1,
		out: "handed to 2 handler(s) and 1 webhook(s); 1 too far behind to hear of it, see: ballast problems\n",
	});
});

test("what is not allowed ends with 2 and what to do", { timeout: 120_000 }, async () => {
	expect(await event(["reload"])).toMatchObject({
		code: 2,
		told: [],
		err: expect.stringContaining("one of Ballast"),
	});
	expect(await event(["a", "-"], "x".repeat(16_385))).toMatchObject({ code: 2, told: [] });
});

test.each([
	["no JSON", "{"],
	["no name", "{}"],
	["a name that is none", '{"name":7}'],
	["one of Ballast's own", '{"name":"reload"}'],
	["a payload that is no text", '{"name":"a","payload":{}}'],
	["too much", JSON.stringify({ name: "a", payload: "x".repeat(200_000) })],
])("the controller refuses %s, whoever posts it", async (_, body) => {
	told = [];
	const socketPath = join(directory.path, "ballast.sock");
	const posted = request({ socketPath, path: "/events", method: "POST", agent: false });
	const answered = new Promise<number | undefined>((resolve) => {
		posted.once("response", (answer) => resolve(answer.resume().statusCode));
	});
	posted.on("error", () => undefined).end(body);

	expect(await answered).toBe(400);
	expect(told).toEqual([]);
});
