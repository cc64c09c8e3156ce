import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

/** How much HAProxy may use, which it doesn't find out by itself: it knows no cgroups. */
export type Machine = {
	/** Threads worth starting, at least 1. */
	readonly threads: number;
	/** Files and sockets that a process may hold open, at most. */
	readonly openFiles: number;
	/** Whether the kernel speaks IPv6, so that a bind to `::` can succeed. */
	readonly ipv6: boolean;
	/** The lowest port that a process without capabilities may listen at: 0 in a container's own network, as a rule. */
	readonly firstPort: number;
};

/** `root` is where `/proc` and `/sys` are found. */
export async function machine(root = "/"): Promise<Machine> {
	const [limit, openFiles, interfaces, firstPort] = await Promise.all([
		cpuLimit(root),
		openFilesLimit(root),
		readIfAny(join(root, "proc/net/if_inet6")),
		firstPortFor(root),
	]);
	// Rounded down: a thread more than the quota pays for stalls the whole process until the next period begins.
	return {
		threads: Math.max(1, Math.min(availableParallelism(), Math.floor(limit))),
		openFiles,
		ipv6: interfaces !== undefined,
		firstPort,
	};
}

/**
 * CPUs that the container's cgroup allows; Infinity without a limit. Node's own availableParallelism() knows the CPU mask
 * but, tried with 24.9, neither a quota below one CPU nor version 1 where `cpu` is mounted apart from `cpuacct`.
 */
async function cpuLimit(root: string): Promise<number> {
	const cgroup = join(root, "sys/fs/cgroup");
	const [unified, quota, period] = await Promise.all([
		readIfAny(join(cgroup, "cpu.max")),
		readIfAny(join(cgroup, "cpu/cpu.cfs_quota_us")),
		readIfAny(join(cgroup, "cpu/cpu.cfs_period_us")),
	]);
	return cpus(unified?.split(" ") ?? [quota ?? "", period ?? ""]);
}

/** Version 2 writes `max` for no limit, version 1 writes -1. */
function cpus([quota, period]: readonly (string | undefined)[]): number {
	const limit = Number(quota) / Number(period);
	return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** For a kernel that says `unlimited`: its usual ceiling, fs.nr_open. */
const manyFiles = 1_048_576;

async function openFilesLimit(root: string): Promise<number> {
	const limits = await readFile(join(root, "proc/self/limits"), "utf8");
	const [, hard] = /^Max open files +\S+ +(\d+)/m.exec(limits) ?? [];
	return hard === undefined ? manyFiles : Number(hard);
}

/** Bit 10 of the effective capabilities is CAP_NET_BIND_SERVICE (capabilities(7)): with it, any port will do. */
async function firstPortFor(root: string): Promise<number> {
	const [status, threshold] = await Promise.all([
		readIfAny(join(root, "proc/self/status")),
		readIfAny(join(root, "proc/sys/net/ipv4/ip_unprivileged_port_start")),
	]);
	const [, effective = "0"] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? "") ?? [];
	return (BigInt(`0x${effective}`) >> 10n) & 1n ? 0 : Number(threshold ?? 0);
}

async function readIfAny(path: string): Promise<string | undefined> {
	try {
		return (await readFile(path, "utf8")).trim();
	} catch {
		return undefined;
	}
}
