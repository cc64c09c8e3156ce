import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { ownHappening } from "../model/happening.ts";
import { joined, teller } from "../testing/announcements.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { type Announcer, createAnnouncer } from "./announcer.ts";
import { type Disk, ownDisk } from "./find.ts";

/** As a network file system whose server is gone: who asks waits for ever, or until it is back. No real one hangs on demand. */
const mount = { answers: Promise.resolve(), asked: 0 };
const disk: Disk = {
	readdir: async (path) => answering(() => ownDisk.readdir(path)),
	stat: async (path) => answering(() => ownDisk.stat(path)),
};

async function answering<T>(call: () => Promise<T>): Promise<T> {
	mount.asked += 1;
	await mount.answers;
	mount.asked -= 1;
	return call();
}

let directory: TemporaryDirectory;
let announcer: Announcer;
let hung: PromiseWithResolvers<void>;

beforeEach(async () => {
	hung = Promise.withResolvers();
	Object.assign(mount, { answers: Promise.resolve(), asked: 0 });
	directory = await temporaryDirectory();
	announcer = createAnnouncer({
		handlers: directory.path,
		handlerTimeout: 30_000,
		webhooks: [],
		webhookSecret: undefined,
		proxy: () => teller,
		clock: systemClock,
		log: createLog("silent"),
		disk,
	});
});
afterEach(async () => {
	hung.resolve();
	await announcer[Symbol.asyncDispose]();
	await directory[Symbol.asyncDispose]();
});

const at = (name: string) => join(directory.path, name);
const handler = async (name: string, text: string) => {
	await writeFile(at(name), `#!/bin/sh\n${text}\n`);
	await chmod(at(name), 0o755);
};
const codes = async () => (await announcer.problems()).map(({ code }) => code);
const hang = () => {
	mount.answers = hung.promise;
};

test("a mount of handlers that hangs holds up no status, which tells of it, and takes one thread of Node's four", async () => {
	for (const name of ["one", "two"]) await handler(name, "exit 1");
	await announcer.hand(ownHappening("deployed", undefined));
	await vi.waitFor(async () => expect(await codes()).toHaveLength(2), 10_000);
	hang();
	announcer.announce([joined("a"), joined("b")]);
	const [problems = []] = await Promise.all([announcer.problems(), announcer.problems()]);

	expect(problems.map(({ code }) => code)).toEqual([
		"handlers-unreadable",
		"handler-failed",
		"handler-failed",
	]);
	expect(problems[0]).toMatchObject({
		subject: directory.path,
		message: expect.stringContaining("does not answer within 1 s"),
	});
	expect(mount.asked).toBe(1);
});

test("promise 12: nor does it hold up the end", async () => {
	hang();
	announcer.announce([joined("a"), joined("b")]);
	await announcer[Symbol.asyncDispose]();

	expect(mount.asked).toBe(1);
});

test("what happened meanwhile is told when it is back", async () => {
	await handler("records", `echo "$BALLAST_NAME" >>${at(".told")}`);
	hang();
	announcer.announce([joined("a"), joined("b")]);
	expect(await codes()).toEqual(["handlers-unreadable"]);
	hung.resolve();

	await vi.waitFor(async () => expect(await readFile(at(".told"), "utf8")).toBe("a\nb\n"), 10_000);
	expect(await codes()).toEqual([]);
});
