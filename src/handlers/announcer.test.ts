import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../clock.ts";
import { createLog } from "../log.ts";
import { ownHappening } from "../model/happening.ts";
import { joined, teller } from "../testing/announcements.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../testing/temporary-directory.ts";
import { type Announcer, createAnnouncer } from "./announcer.ts";

type Line = {
	readonly level: string;
	readonly msg: string;
	readonly hint?: string;
	readonly output?: string;
};

let directory: TemporaryDirectory;
let announcer: Announcer;
let lines: Line[];

beforeEach(async () => {
	directory = await temporaryDirectory();
	lines = [];
	announcer = createAnnouncer({
		handlers: directory.path,
		handlerTimeout: 30_000,
		webhooks: [],
		webhookSecret: undefined,
		proxy: () => teller,
		clock: systemClock,
		log: createLog("debug", { write: (line) => lines.push(JSON.parse(line)) }),
	});
});
afterEach(async () => {
	await announcer[Symbol.asyncDispose]();
	await directory[Symbol.asyncDispose]();
});

const at = (name: string) => join(directory.path, name);
const handler = async (name: string, text: string) => {
	await writeFile(at(name), `#!/bin/sh\n${text}\n`);
	await chmod(at(name), 0o755);
};
/** Writes what it is told, a word a line, into the file of this name. */
const recorder = (file: string) => `echo "$BALLAST_EVENT $BALLAST_NAME" >>${at(file)}`;
const recorded = async (file: string) =>
	(await readFile(at(file), "utf8").catch(() => "")).trim().split(/ *\n/);
const warnings = () => lines.filter(({ level }) => level === "warn");
const deployed = ownHappening("deployed", undefined);

test("each handler is told of one event after the other, in their order", async () => {
	await mkdir(at("deployed"));
	await handler("slowly", `${recorder(".slowly")}; sleep 0.05; echo done >>${at(".slowly")}`);
	await handler("deployed/quickly", recorder(".quickly"));
	announcer.announce([joined("a"), joined("b")]);
	announcer.announce([joined("c"), deployed]);

	await vi.waitFor(async () => expect(await recorded(".slowly")).toHaveLength(8), 10_000);
	expect(await recorded(".slowly")).toEqual(
		["member-join a", "member-join b", "member-join c", "deployed"].flatMap((told) => [told, "done"]),
	);
	expect(await recorded(".quickly")).toEqual(["deployed"]);
});

test("a handler that hangs holds up nobody: neither who announces, nor another handler", async () => {
	await handler("hangs", "exec sleep 600");
	await handler("records", recorder(".records"));
	const started = performance.now();
	announcer.announce([joined("a"), joined("b")]);
	expect(performance.now() - started).toBeLessThan(5_000);

	await vi.waitFor(async () => expect(await recorded(".records")).toHaveLength(2), 10_000);
});

test("promise 12: the announcer ends at once, with what runs, and forgets what waits", async () => {
	await handler("hangs", `${recorder(".hangs")}; exec sleep 600`);
	announcer.announce([joined("a"), joined("b")]);
	await vi.waitFor(async () => expect(await recorded(".hangs")).toEqual(["member-join a"]), 10_000);
	await announcer[Symbol.asyncDispose]();

	expect(await recorded(".hangs")).toEqual(["member-join a"]);
	expect(await announcer.problems()).toEqual([]);
});

test("to how many an event is handed is told, and handlers may come and go", async () => {
	expect(await announcer.hand(deployed)).toEqual({ handlers: 0, webhooks: 0, dropped: 0 });
	await handler("one", "true");
	await handler("two", "true");
	expect(await announcer.hand(deployed)).toEqual({ handlers: 2, webhooks: 0, dropped: 0 });
	await rm(at("one"));
	expect(await announcer.hand(deployed)).toEqual({ handlers: 1, webhooks: 0, dropped: 0 });
});

describe("a handler that fails", () => {
	const fail = async (name: string, text: string) => {
		await handler(name, text);
		await announcer.hand(deployed);
		await vi.waitFor(async () => expect(await announcer.problems()).toHaveLength(1), 10_000);
	};

	test("is a problem and one line of the log, with the file's name and what to do, until it does well", async () => {
		await fail("fails", `test -e ${at(".well")} || { echo "no such host"; exit 7; }`);
		for (let more = 0; more < 2; more += 1) await announcer.hand(deployed);
		await vi.waitFor(() => expect(lines.filter(({ level }) => level === "debug")).toHaveLength(2), 10_000);

		const [problem] = await announcer.problems();
		expect(problem).toMatchObject({
			code: "handler-failed",
			subject: at("fails"),
			message: "the handler ended with exit code 7 on deployed: no such host",
		});
		expect(warnings()).toEqual([
			expect.objectContaining({
				msg: `${at("fails")}: ${problem?.message}`,
				hint: problem?.hint,
				output: "no such host",
			}),
		]);

		await writeFile(at(".well"), "");
		await announcer.hand(deployed);
		await vi.waitFor(async () => expect(await announcer.problems()).toEqual([]), 10_000);
		expect(lines.at(-1)).toMatchObject({ level: "info", msg: `${at("fails")} was told of deployed` });
	});

	test("is taken for mended when its file is changed, and forgotten when it is gone", async () => {
		await fail("fails", "exit 1");
		await chmod(at("fails"), 0o700);
		expect(await announcer.problems()).toEqual([]);
		await rm(at("fails"));
		await fail("other", "exit 1");
		expect(await announcer.problems()).toMatchObject([{ subject: at("other") }]);
		await rm(at("other"));
		expect(await announcer.problems()).toEqual([]);
	});
});

test("a handler that is too far behind misses events, which is counted, told and a problem", async () => {
	await handler("hangs", "exec sleep 600");
	announcer.announce(Array.from({ length: 2_010 }, () => joined("a")));
	await vi.waitFor(() => expect(warnings()).toHaveLength(1), 10_000);
	expect(await announcer.hand(deployed)).toMatchObject({ handlers: 0, dropped: 1 });

	expect(await announcer.problems()).toMatchObject([
		{
			code: "events-dropped",
			subject: at("hangs"),
			message: "10 event(s) were not handed to it: 2000 wait already",
		},
	]);
	expect(warnings()).toHaveLength(1);
});

test("what a handler prints is in the log", async () => {
	await handler("says", 'read -r json; echo "$json"');
	announcer.announce([joined("a")]);
	await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);

	expect(lines[0]).toMatchObject({
		level: "info",
		output: expect.stringMatching(/^\{"event":"member-join",.*\}$/),
	});
});
