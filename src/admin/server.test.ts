import { stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { badLabel, webRow, wellStatus } from "../testing/status-builder.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import type { AdminPorts } from "./api.ts";
import { askController } from "./client.ts";
import { serveAdmin } from "./server.ts";

const status = { ...wellStatus, problems: [badLabel] };
const ports: AdminPorts = {
	status: () => status,
	servers: async () => [webRow],
	health: async () => ({ healthy: false, why: "HAProxy does not answer" }),
};

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
