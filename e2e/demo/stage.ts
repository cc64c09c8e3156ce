import { agreeOn } from "../harness/agreement.ts";
import { docker, inspect, tryDocker } from "../harness/docker.ts";
import { mountEngineSocket } from "../harness/flavours.ts";
import { becomes } from "../harness/health.ts";
import { images } from "../harness/images.ts";
import { joinLabelOf, type RunningProxy, startProxy } from "../harness/proxy.ts";
import { createSandbox, type Sandbox } from "../harness/sandbox.ts";
import { startWebapp } from "../harness/servers.ts";
import { type Act, proxyName, serverNames } from "./steps.ts";

export type Stage = {
	readonly sandbox: Sandbox;
	readonly proxy: RunningProxy;
	/** Which server has, or had, which address. */
	readonly serverByIp: Map<string, string>;
};

const network = "ballast-demo";

/** Under the plain names s1, s2, s3 and lb, where nobody on this engine has one of them. */
export async function openSandbox(): Promise<Sandbox> {
	const taken = (await docker("ps", "--all", "--format", "{{.Names}}")).split("\n");
	if ([proxyName, ...serverNames].some((name) => taken.includes(name))) return createSandbox("demo");
	// Docker refuses a second network of a name: of two demos that start at once, one has it.
	if ((await tryDocker("network", "inspect", network)).exitCode === 0) return createSandbox("demo");
	return createSandbox("demo", { prefix: "", network }).catch(async () => createSandbox("demo"));
}

export async function openStage(sandbox: Sandbox, signal: AbortSignal): Promise<Stage> {
	const proxy = await startProxy(sandbox, [], proxyName);
	await unlessAborted(becomes(proxy.name, "healthy"), signal);
	await unlessAborted(agreeOn(proxy), signal);
	return { sandbox, proxy, serverByIp: new Map() };
}

/** What a person would type for it. */
export function commandOf(act: Act, sandbox: Sandbox): string {
	const run = (name: string, ...options: readonly string[]) =>
		`docker run -d --name ${sandbox.nameOf(name)} --network ${sandbox.network} ${options.join(" ")}`;
	switch (act.kind) {
		case "nothing":
			return run(
				proxyName,
				...mountEngineSocket,
				`-e BALLAST_JOIN_LABEL=${joinLabelOf(sandbox)}`,
				images.proxy,
			);
		case "start":
			return run(act.server, "--label", joinLabelOf(sandbox), images.webapp);
		default:
			return `docker ${act.kind} ${sandbox.nameOf(act.server)}`;
	}
}

export async function perform(act: Act, { sandbox, serverByIp }: Stage): Promise<void> {
	switch (act.kind) {
		case "nothing":
			return;
		case "start": {
			const container = await startWebapp(sandbox, act.server);
			const path = `(index .NetworkSettings.Networks "${sandbox.network}").IPAddress`;
			serverByIp.set(String(await inspect(container, path)), act.server);
			return;
		}
		default:
			await docker(act.kind, sandbox.nameOf(act.server));
	}
}

/** For waits that change nothing: the wait is left alone when the person has had enough. */
export async function unlessAborted<T>(wait: Promise<T>, signal: AbortSignal): Promise<T> {
	signal.throwIfAborted();
	const { promise, reject } = Promise.withResolvers<never>();
	signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	return Promise.race([wait, promise]);
}
