import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { engineRun } from "./engine-run.ts";

async function listenAt(path: string): Promise<Server> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(path, resolve));
	return server;
}

test("a socket tells the same as long as it is the same, and another once it was made anew", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "docker.sock");
	await using _first = await listenAt(path);
	const before = await engineRun(`unix://${path}`);

	expect(before).toBeDefined();
	expect(await engineRun(`unix://${path}`)).toBe(before);
	await rm(path);
	await using _second = await listenAt(path);
	expect(await engineRun(`unix://${path}`)).not.toBe(before);
});

test.each(["unix:///nowhere/docker.sock", "tcp://127.0.0.1:2375", "ssh://far"])(
	"%s tells nothing",
	async (engine) => {
		expect(await engineRun(engine)).toBeUndefined();
	},
);
