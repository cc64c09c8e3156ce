import { expect } from "vitest";
import { docker, logsOf } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { images } from "./images.ts";

const app = `
	const { createServer } = require("node:http");
	const { appendFileSync, existsSync, readFileSync, rmSync } = require("node:fs");
	const held = [];
	const server = createServer((request, response) => {
		appendFileSync("/tmp/asked", ".");
		response.setHeader("x-backend-ip", request.socket.localAddress.replace("::ffff:", ""));
		if (request.url === "/held") held.push(response);
		else response.end();
	});
	// Idle connections stay open, and no header tells clients otherwise.
	server.keepAliveTimeout = 0;
	server.listen(3000, () => console.log("listening"));
	process.once("SIGTERM", () => server.close(() => process.exit()));
	const hoard = [];
	setInterval(() => {
		if (existsSync("/tmp/released")) for (const response of held) response.end();
		if (!existsSync("/tmp/fate")) return;
		const fate = readFileSync("/tmp/fate", "utf8").trim();
		if (process.argv[1] !== "always") rmSync("/tmp/fate");
		while (fate === "hunger") hoard.push(Buffer.alloc(1_000_000, 1));
		process.exit(Number(fate));
	}, 20);`;

/** An image and command, without a HEALTHCHECK: listens on port 3000, says which address answered, and ends as it is told. */
export const mortal: readonly string[] = [images.base, "node", "--eval", app];

/** The same, and once told to end it does so in each of its lives. */
export const doomed: readonly string[] = [...mortal, "always"];

/** Lets it end by itself: with an exit code, or by using more memory than there is. It may be gone before the command is. */
export async function letEnd(container: string, fate: number | "hunger"): Promise<void> {
	await docker(
		"exec",
		"--detach",
		container,
		"sh",
		"-c",
		`echo ${fate} > /tmp/next && mv /tmp/next /tmp/fate`,
	);
}

/** Lets it answer requests for `/held`, which it does not end before, also when it is told to stop. */
export async function release(container: string): Promise<void> {
	await docker("exec", container, "touch", "/tmp/released");
}

/** Waits until it can be asked, for those that nobody else asks. */
export async function listens(container: string): Promise<void> {
	await eventually(async () => expect(await logsOf(container)).toContain("listening"));
}

/** How often it was asked, over all its lives. Counted before it answers: its log would come later. */
export async function timesAsked(container: string): Promise<number> {
	return Number(await docker("exec", container, "sh", "-c", "cat /tmp/asked 2>/dev/null | wc -c"));
}
