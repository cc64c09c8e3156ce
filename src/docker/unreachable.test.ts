import { chmodSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { createDockerClient } from "./client.ts";
import { unreachable } from "./unreachable.ts";

/** open(2)'s flag for a descriptor that only names a file, which Node has no name for. */
const O_PATH = 0o10000000;

const failure = (code: string) => Object.assign(new Error(code), { code });

test("a socket that may not be opened: whose it is, who we are, and how to get in", async () => {
	await using directory = await temporaryDirectory();
	const path = join(directory.path, "docker.sock");
	writeFileSync(path, "");
	chmodSync(path, 0o660);

	const { message, hint } = unreachable({ kind: "unix", path }, failure("EACCES"));

	const [user, group] = [process.getuid?.(), process.getgid?.()];
	expect(message).toContain(
		`${path} belongs to user ${user}, group ${group} (mode 660); Ballast runs as user ${user}`,
	);
	expect(hint).toContain(`--group-add ${group}`);
});

test("a socket behind a directory that may not be searched", () => {
	const { message, hint } = unreachable({ kind: "unix", path: "/nowhere/docker.sock" }, failure("EACCES"));

	expect(message).toContain("The way to the Docker socket /nowhere/docker.sock is closed");
	expect(hint).toContain("search each directory");
});

test("a socket that was replaced behind the mount is named so, and a restart of the proxy advised", async () => {
	await using directory = await temporaryDirectory();
	const path = join(directory.path, "docker.sock");
	const engine = createServer();
	await new Promise<void>((resolve) => engine.listen(path, resolve));
	// Like a mount, a descriptor still leads to the socket that its name no longer leads to.
	const mounted = openSync(path, O_PATH);
	unlinkSync(path);
	await new Promise((resolve) => engine.close(resolve));

	const { signal } = new AbortController();
	await expect(createDockerClient(`unix:///proc/self/fd/${mounted}`).list("a", signal)).rejects.toMatchObject(
		{
			code: "docker-socket-replaced",
			hint: expect.stringContaining("restart the proxy"),
		},
	);
});
