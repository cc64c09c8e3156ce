import { docker, removeContainers } from "./docker.ts";
import { images } from "./images.ts";
import { joinLabelOf } from "./proxy.ts";
import type { Sandbox } from "./sandbox.ts";

/** The demo app with the sandbox's join label; further `docker run` options may say more. Gives the container's name. */
export async function startWebapp(sandbox: Sandbox, name: string, ...options: readonly string[]) {
	return startServer(sandbox, name, ...options, images.webapp);
}

/** Any container with the sandbox's join label: options, image and command as for `docker run`. */
export async function startServer(sandbox: Sandbox, name: string, ...args: readonly string[]) {
	return sandbox.run(name, "--label", joinLabelOf(sandbox), ...args);
}

const lateApp = `
	const { createServer } = require("node:http");
	const { existsSync } = require("node:fs");
	const server = createServer((request, response) => {
		response.setHeader("x-backend-ip", request.socket.localAddress.replace("::ffff:", "")).end();
	});
	const [, host, port] = process.argv;
	process.once("SIGTERM", () => process.exit());
	const timer = setInterval(() => {
		if (!existsSync("/tmp/listen")) return;
		clearInterval(timer);
		server.listen({ port: Number(port), host, ipv6Only: true });
	}, 10);`;

/** An image and command, without a HEALTHCHECK, that listens once it is told to; with the host `::` on IPv6 alone. */
export function lateListener(port: number, host = "0.0.0.0"): readonly string[] {
	return [images.base, "node", "--eval", lateApp, host, `${port}`];
}

export async function letListen(container: string): Promise<void> {
	await docker("exec", container, "touch", "/tmp/listen");
}

/** Tells of each container's own HEALTHCHECK, and how to make it fail. */
export const quickHealth = [
	...["--health-cmd", "test ! -e /tmp/sick", "--health-interval", "300ms", "--health-retries", "1"],
	// On a busy machine a probe takes its time, and the app is well all the same.
	...["--health-timeout", "30s"],
] as const;

export async function makeSick(container: string): Promise<void> {
	await docker("exec", container, "touch", "/tmp/sick");
}

export async function makeWell(container: string): Promise<void> {
	await docker("exec", container, "rm", "/tmp/sick");
}

export async function remove(...containers: readonly string[]): Promise<void> {
	await removeContainers(containers);
}
