import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveCommands } from "../testing/command-socket.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { ask, createAhead } from "./socket.ts";

const never = new AbortController().signal;

test.each(["worker", "master"] as const)("a %s's reply is given when it is complete", async (kind) => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using server = await serveCommands(kind, path, () => "first\nsecond\n\n");

	await expect(ask({ kind, path }, "show info", never)).resolves.toBe("first\nsecond\n\n");
	expect(server.commands).toEqual(["show info"]);
});

test("a reply in several reads is put together, also where a read ends in the middle of a letter", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	const [head, tail] = [Buffer.from("pool é\n").subarray(0, 6), Buffer.from("é\n").subarray(1)];
	await using _server = await serveCommands("worker", path, () => [head, tail, "x".repeat(200_000), "\n"]);

	const reply = await ask({ kind: "worker", path }, "show stat", never);

	expect(reply.slice(0, 7)).toBe("pool é\n");
	expect(reply).toHaveLength(200_008);
});

test("a socket that isn't there is a HAProxy that doesn't run", async () => {
	await using dir = await temporaryDirectory();

	const asked = ask({ kind: "master", path: join(dir.path, "cli.sock") }, "show proc", never);

	await expect(asked).rejects.toMatchObject({ code: "haproxy-not-running" });
});

test("a socket that a killed process left behind is a HAProxy that doesn't run", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	{
		await using _server = await serveCommands("worker", join(dir.path, "live.sock"), () => "\n");
		await rename(join(dir.path, "live.sock"), path);
	}

	await expect(ask({ kind: "worker", path }, "show info", never)).rejects.toMatchObject({
		code: "haproxy-not-running",
	});
});

test.each([
	["before it answered", "breaks off" as const],
	["in the middle of a line", ["Name: HAPr"]],
])("a HAProxy that goes away %s is told from one that answers", async (_when, answer) => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using _server = await serveCommands("worker", path, () => answer);

	await expect(ask({ kind: "worker", path }, "show info", never)).rejects.toMatchObject({
		code: "haproxy-connection-lost",
	});
});

test("promise 12: a HAProxy that stays silent is waited for no longer than allowed", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using server = await serveCommands("worker", path, () => "is silent");

	const asked = ask({ kind: "worker", path, replyWithinMs: 30 }, "show info", never);

	await expect(asked).rejects.toMatchObject({ code: "haproxy-silent" });
	await expect.poll(server.connections).toBe(0);
});

test("promise 12: an abort ends the wait for a reply, and the connection with it", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using server = await serveCommands("worker", path, () => "is silent");
	const stop = new AbortController();

	const asked = ask({ kind: "worker", path }, "show info", stop.signal);
	await expect.poll(() => server.commands).toEqual(["show info"]);
	stop.abort(new Error("shutting down"));

	await expect(asked).rejects.toThrow("shutting down");
	await expect.poll(server.connections).toBe(0);
});

test("promise 12: nothing is sent once the signal has aborted", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using server = await serveCommands("master", path, () => "Success=1\n");

	await expect(ask({ kind: "master", path }, "reload", AbortSignal.abort())).rejects.toThrow();
	expect(server.commands).toEqual([]);
});

test("a question by a connection that is there already is answered, and the next one has its own again", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using server = await serveCommands("worker", path, (command) => `${command}\n\n`);
	const ahead = createAhead({ kind: "worker", path });

	ahead.renew();
	await expect.poll(server.connections).toBe(1);
	await expect(ahead.ask("first", never)).resolves.toBe("first\n\n");
	await expect(ahead.ask("second", never)).resolves.toBe("second\n\n");

	expect(server.commands).toEqual(["first", "second"]);
	ahead.close();
	await expect.poll(server.connections).toBe(0);
});

test("a connection that HAProxy has closed meanwhile is not asked by, nor one to a process that has gone", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	const ahead = createAhead({ kind: "worker", path });
	ahead.renew();
	{
		await using server = await serveCommands("worker", path, () => "the old one\n\n");
		ahead.renew();
		await expect.poll(server.connections).toBe(1);
		server.hangUp();
		await expect.poll(server.connections).toBe(0);
	}
	await using _server = await serveCommands("worker", path, () => "the new one\n\n");

	await expect(ahead.ask("show info", never)).resolves.toBe("the new one\n\n");
	ahead.close();
});

test("promise 12: an abort ends the wait for a reply by a connection that was there already, too", async () => {
	await using dir = await temporaryDirectory();
	const path = join(dir.path, "cli.sock");
	await using server = await serveCommands("worker", path, () => "is silent");
	const stop = new AbortController();
	const ahead = createAhead({ kind: "worker", path });
	ahead.renew();

	const asked = ahead.ask("show info", stop.signal);
	await expect.poll(() => server.commands).toEqual(["show info"]);
	stop.abort(new Error("shutting down"));

	await expect(asked).rejects.toThrow("shutting down");
	ahead.close();
	await expect.poll(server.connections).toBe(0);
});
