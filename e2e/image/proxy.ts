import { docker, inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

const engineSocket = "/var/run/docker.sock";
export const mountEngineSocket = ["-v", `${engineSocket}:${engineSocket}`] as const;

/** The two ways in which people start it; both must come to the same. */
export const flavours = {
	plain: [],
	hardened: [
		"--read-only",
		...["--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "KILL"],
		...["--security-opt", "no-new-privileges"],
	],
} as const satisfies Record<string, readonly string[]>;
export type Flavour = keyof typeof flavours;

/** Starts a proxy with its ports published on the loopback address, and waits until Docker calls it healthy. */
export async function startProxy(sandbox: Sandbox, ...options: readonly string[]): Promise<string> {
	const ports = ["-p", "127.0.0.1::80", "-p", "127.0.0.1::1936"];
	const proxy = await sandbox.run("proxy", ...ports, ...options, images.proxy);
	await becomes(proxy, "healthy");
	return proxy;
}

/** Waits until Docker's own verdict on a container is `health`. */
export async function becomes(container: string, health: "healthy" | "unhealthy"): Promise<void> {
	await eventually(async () => {
		const status = await inspect(container, ".State.Health.Status");
		if (status !== health)
			throw new Error(`${container} is ${status}, not ${health}: ${await lastProbe(container)}`);
	}, 60_000);
}

async function lastProbe(container: string): Promise<string> {
	return docker("inspect", "--format", "{{range .State.Health.Log}}{{.Output}}{{end}}", container);
}

/** Runs a shell script in a container as whom `docker exec` takes, or as `user`; fails with its standard error. */
export async function sh(container: string, script: string, user?: string): Promise<string> {
	const options = user === undefined ? [] : ["--user", user];
	return docker("exec", ...options, container, "sh", "-c", script);
}

/** What `ballast status --json` says. It fails while degraded, and the labelled containers of other tests are problems. */
export async function statusOf(proxy: string): Promise<unknown> {
	return JSON.parse(await sh(proxy, "ballast status --json || true"));
}
