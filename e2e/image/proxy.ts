import { sh } from "../harness/docker.ts";
import { becomes } from "../harness/health.ts";
import { images } from "../harness/images.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** Starts a proxy with its ports published on the loopback address, and waits until Docker calls it healthy. */
export async function startProxy(sandbox: Sandbox, ...options: readonly string[]): Promise<string> {
	const ports = ["-p", "127.0.0.1::80", "-p", "127.0.0.1::1936"];
	const proxy = await sandbox.run("proxy", ...ports, ...options, images.proxy);
	await becomes(proxy, "healthy");
	return proxy;
}

/** What `ballast status --json` says. It fails while degraded, and the labelled containers of other tests are problems. */
export async function statusOf(proxy: string): Promise<unknown> {
	return JSON.parse(await sh(proxy, "ballast status --json || true"));
}
