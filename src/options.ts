import { join } from "node:path";
import { AppError } from "./errors.ts";
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
		accessLog: settings.accessLog,
		trustedProxies: settings.trustedProxies,
		cookieKey,
		threads: settings.threads === "auto" ? threads : settings.threads,
		maxconn,
		fdHardLimit: Math.min(openFiles, maxconn * 2 + 1_000),
		hardStopAfter: settings.hardStopAfter,
	};
}

/** The Runtime API of the running process. */
export function adminSocketOf({ haproxyDir }: Settings): string {
	return join(haproxyDir, "admin.sock");
}

/** Each connection takes two descriptors; listeners, sockets and checks take some hundreds. */
const otherFiles = 500;

function connectionsOf({ maxconn }: Settings, openFiles: number): number {
	const affordable = Math.max(10, Math.floor((openFiles - otherFiles) / 2));
	if (maxconn === "auto") return Math.min(20_000, affordable);
	if (maxconn <= affordable) return maxconn;
	// `haproxy -c` accepts it, but the process would not start.
	const message = `BALLAST_MAXCONN is ${maxconn}, expected ${affordable} at most: no more than ${openFiles} files may be open`;
	throw new AppError("bad-setting", message, {
		hint: `lower it, or start the proxy with --ulimit nofile=${maxconn * 2 + otherFiles} (in Compose: ulimits)`,
	});
}
