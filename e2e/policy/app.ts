import { docker } from "../harness/docker.ts";
import { images } from "../harness/images.ts";

/** Answers after a third of a second, counts how many it has to answer at a time, and falls mute on demand. */
const app = `
	const { createServer } = require("node:http");
	const { existsSync } = require("node:fs");
	let [now, most] = [0, 0];
	createServer((request, response) => {
		if (existsSync("/tmp/mute")) return;
		if (request.url === "/healthz") return response.end();
		if (request.url === "/most") return response.end(String(most));
		most = Math.max(most, ++now);
		setTimeout(() => response.end(require("node:os").hostname(), () => {}), 300);
		setTimeout(() => now--, 290);
	}).listen(3000);
	process.once("SIGTERM", () => process.exit());`;

/** Image and command, without a HEALTHCHECK; Node is the container's first process. */
export const countingApp = ["--expose", "3000", images.base, "node", "--eval", app] as const;

/** From now on it accepts connections, and never answers; until it is told to. */
export async function fallMute(container: string): Promise<void> {
	await docker("exec", container, "touch", "/tmp/mute");
}

export async function speakAgain(container: string): Promise<void> {
	await docker("exec", container, "rm", "/tmp/mute");
}
