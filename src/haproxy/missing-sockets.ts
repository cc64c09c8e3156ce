import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "../model/problem.ts";

const sockets = ["master.sock", "admin.sock", "handover.sock"] as const;

/** A process that is younger may not have made them yet, in seconds. */
const grown = 5;

/**
 * HAProxy makes its sockets when it starts, and a reload passes them on by their descriptors: a file that somebody removes
 * is gone until the next start, while HAProxy serves on. `root` is where `/proc` is found.
 */
export async function missingSockets(dir: string, root = "/"): Promise<readonly Problem[]> {
	const gone = await Promise.all(sockets.map((name) => isMissing(join(dir, name))));
	const missing = sockets.filter((_, at) => gone[at]);
	return missing.length > 0 && (await isHaproxyUp(join(root, "proc"))) ? [socketGone(dir, missing)] : [];
}

async function isMissing(path: string): Promise<boolean> {
	return await access(path).then(
		() => false,
		(thrown) => thrown.code === "ENOENT",
	);
}

async function isHaproxyUp(proc: string): Promise<boolean> {
	const uptime = Number.parseFloat(await textOf(join(proc, "uptime")));
	const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
	const stats = await Promise.all(pids.map((pid) => textOf(join(proc, pid, "stat"))));
	return stats.some((stat) => stat.includes(" (haproxy) ") && uptime - startOf(stat) >= grown);
}

/** Seconds after the boot: proc_pid_stat(5), field 22, in ticks of which Linux tells programs 100 a second. */
function startOf(stat: string): number {
	const [, afterName = ""] = stat.split(") ");
	return Number(afterName.split(" ")[19]) / 100;
}

/** Empty for a process that has ended meanwhile. */
async function textOf(path: string): Promise<string> {
	return await readFile(path, "utf8").catch(() => "");
}

function socketGone(dir: string, missing: readonly string[]): Problem {
	return {
		code: "haproxy-socket-gone",
		severity: "problem",
		subject: "haproxy",
		message: `HAProxy runs, but of its sockets in ${dir} ${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} gone: what it serves goes on, and can't be changed or asked`,
		hint: "it makes them when it starts; that cuts its connections: docker exec <proxy> s6-svc -t /run/service/haproxy",
	};
}
