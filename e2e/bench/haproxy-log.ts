import { setTimeout as delay } from "node:timers/promises";
import { docker, tryDocker } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import type { RunningProxy } from "../harness/proxy.ts";

/** What HAProxy prints when a server begins to get requests, and when it gets no new ones any more: told so, or by its own checks. */
const words = {
	appears: /leaving forced maintenance/,
	leaves: /going DOWN for maintenance|now enters maintenance/,
	fails: /is DOWN/,
} as const;

/** Longer than what is measured takes, as a rule. */
const quietMs = 500;

/**
 * When HAProxy last told of it, in milliseconds since 1970: Docker notes that for each line. Nobody has to ask meanwhile, neither
 * HAProxy nor Docker, which would take processor time from what is measured.
 */
export async function toldAt(
	{ name }: Pick<RunningProxy, "name">,
	what: keyof typeof words,
	server: string,
	pool = "nodes",
): Promise<number> {
	await delay(quietMs);
	return await eventually(async () => {
		const { stdout, stderr } = await tryDocker("logs", "--timestamps", "--tail", "100", name);
		const lines = [...stdout.split("\n"), ...stderr.split("\n")];
		const line = lines.find((one) => one.includes(`Server ${pool}/${server} `) && words[what].test(one));
		if (line === undefined) throw new Error(`HAProxy has not told that ${pool}/${server} ${what}`);
		return timeIn(line);
	}, 60_000);
}

/** `2026-11-21T23:03:23.889853123Z …`: finer than a Date. */
function timeIn(line: string): number {
	const [, seconds = "", fraction = ""] = /^(\S+)\.(\d+)Z /.exec(line) ?? [];
	return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1_000;
}

/** What Ballast calls a container's server. */
export async function serverOf(container: string): Promise<string> {
	return `${container}-${(await docker("inspect", "--format", "{{.Id}}", container)).slice(0, 8)}`;
}
