import { expect } from "vitest";
import { docker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { type RunningProxy, statusOf } from "../harness/proxy.ts";
import type { Sandbox } from "../harness/sandbox.ts";
import { lateListener, letListen, startServer, startWebapp } from "../harness/servers.ts";
import { decides, runs } from "./pool.ts";

export const idleMs = 2_000;

/** As `docker run` options: one that goes to sleep after 2 s. Labels that come later win. */
export function sleepy(...more: readonly string[]): readonly string[] {
	const all = ["scale=0-3", `scale.idle=${idleMs / 1_000}s`, ...more];
	return all.flatMap((label) => ["--label", `ballast.${label}`]);
}

/** One that sleeps, and takes its time once it is woken: until `letListen`. */
export async function asleepAndLate(
	sandbox: Sandbox,
	proxy: RunningProxy,
	...more: readonly string[]
): Promise<string> {
	const app = await startServer(
		sandbox,
		"app",
		...sleepy(...more),
		"--expose",
		"3000",
		...lateListener(3000),
	);
	await letListen(app);
	await decides(proxy, ({ observed }) => observed.ready === 1);
	await docker("exec", app, "rm", "/tmp/listen");
	await runs(sandbox);
	return app;
}

export async function statusesOf(requests: readonly Promise<Response>[]): Promise<readonly number[]> {
	return (await Promise.all(requests)).map(({ status }) => status);
}

/** Adds a pool, which takes a reload. */
export async function reload(sandbox: Sandbox, proxy: RunningProxy, name: string): Promise<void> {
	const before = (await statusOf(proxy)).reloads.count;
	await startWebapp(sandbox, name, "--label", `ballast.pool=${name}`);
	await eventually(async () => expect((await statusOf(proxy)).reloads.count).toBeGreaterThan(before));
}
