import { join } from "node:path";
import { AppError } from "./errors.ts";
import { carriedName } from "./haproxy/carried.ts";
import { isTaken } from "./haproxy/is-taken.ts";
import { type Machine, machine } from "./haproxy/machine.ts";
import type { ProxyOptions } from "./render/options.ts";
import type { Settings } from "./settings.ts";

/** What the settings come to on this machine. Throws `AppError` `bad-setting` for one that it can't afford. */
export async function optionsOf(settings: Settings, cookieKey: string): Promise<ProxyOptions> {
	return optionsFor(settings, cookieKey, await machine());
}

export function optionsFor(settings: Settings, cookieKey: string, on: Machine): ProxyOptions {
	const { threads, openFiles, ipv6 } = on;
	const maxconn = connectionsOf(settings, openFiles);
	return {
		httpPort: settings.httpPort,
		statsPort: settings.statsPort,
		ipv6,
		adminSocket: adminSocketOf(settings),
		handoverSocket: join(settings.haproxyDir, "handover.sock"),
		carried: carriedIn(settings),
		accessLog: settings.accessLog,
		trustedProxies: settings.trustedProxies,
		cookieKey,
		threads: settings.threads === "auto" ? threads : settings.threads,
		maxconn,
		fdHardLimit: Math.min(openFiles, maxconn * 2 + otherFiles + checks(openFiles)),
		hardStopAfter: settings.hardStopAfter,
	};
}

/**
 * Throws `AppError` `bad-setting` for a port that HAProxy could not listen at: one below the kernel's threshold, which
 * counts in the host's own network; and, when it has to be `free`, one that somebody listens at.
 */
export async function refusePorts(settings: Settings, free: boolean): Promise<void> {
	const on = await machine();
	refuseLowPorts(settings, on);
	if (!free) return;
	for (const [env, port] of portsOf(settings)) if (await isTaken(port, on.ipv6)) throw taken(env, port);
}

export function refuseLowPorts(settings: Settings, { firstPort }: Machine): void {
	for (const [env, port] of portsOf(settings)) if (port < firstPort) throw tooLow(env, port, firstPort);
}

function portsOf({ httpPort, statsPort }: Settings): readonly (readonly [env: string, port: number])[] {
	return [
		["BALLAST_HTTP_PORT", httpPort],
		["BALLAST_STATS_PORT", statsPort],
	];
}

function tooLow(env: string, port: number, first: number): AppError {
	const sysctl = "net.ipv4.ip_unprivileged_port_start";
	const message = `${env} is ${port}, expected ${first} or more: HAProxy runs without privileges, and ${sysctl} is ${first} here`;
	return new AppError("bad-setting", message, {
		hint: `set ${env} to a free port from ${first} on, or lower the threshold on the host (sysctl ${sysctl}=${port}), or give the proxy a network of its own in place of the host's, and publish the port (-p ${port}:${port})`,
	});
}

function taken(env: string, port: number): AppError {
	return new AppError("bad-setting", `${env} is ${port}, and another process here listens at that port`, {
		hint: `set ${env} to a free port, or end the other one: ss -ltnp 'sport = :${port}' on the host names it`,
	});
}

/** The Runtime API of the running process. */
/** Beside the generations, where the controller writes and HAProxy reads. */
export function carriedIn({ generationDir }: Settings): ProxyOptions["carried"] {
	return {
		servers: join(generationDir, carriedName, "servers"),
		counters: join(generationDir, carriedName, "counters"),
	};
}

function adminSocketOf({ haproxyDir }: Settings): string {
	return join(haproxyDir, "admin.sock");
}

/** Each connection takes two descriptors; listeners and sockets take some hundreds. */
const otherFiles = 500;

/** HAProxy does not start without a descriptor for the check of each server: room for ten thousand, or a quarter of all. */
function checks(openFiles: number): number {
	return Math.min(10_000, Math.floor(openFiles / 4));
}

function connectionsOf({ maxconn }: Settings, openFiles: number): number {
	const affordable = Math.max(10, Math.floor((openFiles - otherFiles - checks(openFiles)) / 2));
	if (maxconn === "auto") return Math.min(20_000, affordable);
	if (maxconn <= affordable) return maxconn;
	// `haproxy -c` accepts it, but the process would not start.
	const message = `BALLAST_MAXCONN is ${maxconn}, expected ${affordable} at most: no more than ${openFiles} files may be open`;
	throw new AppError("bad-setting", message, {
		hint: `lower it, or start the proxy with --ulimit nofile=${Math.ceil(((maxconn * 2 + otherFiles) * 4) / 3)} (in Compose: ulimits)`,
	});
}

/** HAProxy's two command sockets. */
export function socketsOf(settings: Settings) {
	const worker = { kind: "worker", path: adminSocketOf(settings) } as const;
	const master = { kind: "master", path: join(settings.haproxyDir, "master.sock") } as const;
	return { worker, master };
}
