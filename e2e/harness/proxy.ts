import { expect } from "vitest";
import type { ServerRow } from "../../src/admin/api.ts";
import type { Problem } from "../../src/model/problem.ts";
import type { Status } from "../../src/reconcile/status.ts";
import { ask } from "./ask.ts";
import { type CommandResult, docker, tryDocker, urlOf } from "./docker.ts";
import { eventually } from "./eventually.ts";
import { flavours, mountEngineSocket } from "./flavours.ts";
import { images } from "./images.ts";
import type { Sandbox } from "./sandbox.ts";

/** A proxy that follows only its own sandbox's containers: each sandbox has a join label of its own. */
export type RunningProxy = {
	/** The container's name. */
	readonly name: string;
	/** The network that it shares with its servers. */
	readonly network: string;
	/** Where it answers on this machine; and its stats page. */
	readonly url: string;
	readonly statsUrl: string;
};

/** `docker run` options, after ours: a later `-e` of the same name wins. */
export async function startProxy(
	sandbox: Sandbox,
	options: readonly string[] = [],
	name = "proxy",
): Promise<RunningProxy> {
	return await startProxyElsewhere(sandbox, [...mountEngineSocket, ...options], name);
}

/** Without the engine's socket: the options tell another way to it. */
export async function startProxyElsewhere(
	sandbox: Sandbox,
	options: readonly string[],
	name: string,
): Promise<RunningProxy> {
	const container = await sandbox.run(
		name,
		...["-p", "127.0.0.1::80", "-p", "127.0.0.1::1936"],
		...["-e", `BALLAST_JOIN_LABEL=${joinLabelOf(sandbox)}`],
		...flavours.hardened,
		...options,
		images.proxy,
	);
	const [url, statsUrl] = await Promise.all([urlOf(container, 80), urlOf(container, 1936)]);
	return { name: container, network: sandbox.network, url, statsUrl };
}

/** Its published ports are others then. */
export async function restartProxy(proxy: RunningProxy): Promise<RunningProxy> {
	await docker("restart", "--time", "5", proxy.name);
	const [url, statsUrl] = await Promise.all([urlOf(proxy.name, 80), urlOf(proxy.name, 1936)]);
	return { ...proxy, url, statsUrl };
}

export function joinLabelOf(sandbox: Sandbox): string {
	return `${sandbox.network}.role=backend`;
}

/** The command line in the proxy's container, as a person would use it. */
export async function ballast(
	{ name }: Pick<RunningProxy, "name">,
	...args: readonly string[]
): Promise<CommandResult> {
	return tryDocker("exec", name, "ballast", ...args);
}

export async function statusOf(proxy: Pick<RunningProxy, "name">): Promise<Status> {
	return JSON.parse((await ask(proxy, "status")).status);
}

export async function problemsOf(proxy: Pick<RunningProxy, "name">): Promise<readonly Problem[]> {
	return JSON.parse((await ask(proxy, "problems")).problems);
}

export async function serversOf(proxy: Pick<RunningProxy, "name">): Promise<readonly ServerRow[]> {
	return JSON.parse((await ask(proxy, "servers")).servers);
}

/** Waits for a problem with that code, about that subject if one is named: one that says that, where another was there before. */
export async function problemWith(
	proxy: RunningProxy,
	code: string,
	subject?: string,
	saying: string | RegExp = "",
): Promise<Problem> {
	return eventually(async () => {
		const problems = await problemsOf(proxy);
		const ofCode = problems.filter((one) => one.code === code && (subject ?? one.subject) === one.subject);
		const found = ofCode.find(({ message }) => message.search(saying) !== -1);
		if (found !== undefined) return found;
		const wanted = `${code} about ${subject ?? "anything"} that says ${saying || "anything"}`;
		throw new Error(`No problem ${wanted} among ${JSON.stringify(problems)}`);
	});
}

/** Waits until there is none: what went wrong for a moment on the way may still be told of. */
export async function hasNoProblems(proxy: RunningProxy): Promise<void> {
	await eventually(async () => expect(await problemsOf(proxy)).toEqual([]));
}

/** What keeps a container out or is said of it, by code; empty when all is well with it. */
export async function problemCodesOf(proxy: RunningProxy, subject: string): Promise<readonly string[]> {
	return (await problemsOf(proxy)).filter((one) => one.subject === subject).map(({ code }) => code);
}

/** Lets the controller read the templates and the engine anew. */
export async function readAgain({ name }: RunningProxy): Promise<void> {
	await docker("exec", name, "s6-svc", "-h", "/run/service/controller");
}

/**
 * Kills the controller, as soon as there is one. By its supervisor: the pid of a service that is just being started again is -1,
 * and whoever kills that kills all there is in the container.
 */
export async function killController({ name }: Pick<RunningProxy, "name">): Promise<void> {
	const service = "/run/service/controller";
	await docker("exec", name, "s6-svc", "-wu", "-T", "60000", "-u", service);
	await docker("exec", name, "s6-svc", "-k", service);
}
