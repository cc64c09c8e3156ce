import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { machine } from "./machine.ts";

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             96157                96157                processes
Max open files            1024                 524288               files
`;

/** The machine as these files under `/sys/fs/cgroup` tell of it. */
async function machineWith(cgroup: Record<string, string>, procLimits = limits) {
	await using root = await temporaryDirectory();
	const files = { "proc/self/limits": procLimits, ...prefixed("sys/fs/cgroup", cgroup) };
	for (const [name, text] of Object.entries(files)) {
		await mkdir(dirname(join(root.path, name)), { recursive: true });
		await writeFile(join(root.path, name), text);
	}
	return await machine(root.path);
}

const prefixed = (dir: string, files: Record<string, string>) =>
	Object.fromEntries(Object.entries(files).map(([name, text]) => [`${dir}/${name}`, text]));

const v1 = (quota: number) => ({ "cpu/cpu.cfs_quota_us": `${quota}\n`, "cpu/cpu.cfs_period_us": "100000\n" });
const all = availableParallelism();

test.each([
	["no limit in version 2", { "cpu.max": "max 100000\n" }, all],
	["no limit in version 1", v1(-1), all],
	["no cgroup at all", {}, all],
	["1 CPU in version 2", { "cpu.max": "100000 100000\n" }, 1],
	["1.5 CPUs in version 1", v1(150_000), 1],
	["a quarter of a CPU in version 1", v1(25_000), 1],
	["a quarter of a CPU in version 2", { "cpu.max": "25000 100000\n" }, 1],
	["more CPUs than there are", { "cpu.max": "6400000 100000\n" }, all],
])("%s gives as many threads as are paid for", async (_limit, cgroup, threads) => {
	await expect(machineWith(cgroup)).resolves.toMatchObject({ threads });
});

test("open files are limited by the hard limit, which HAProxy raises its own to", async () => {
	await expect(machineWith({})).resolves.toMatchObject({ openFiles: 524_288 });
	await expect(machineWith({}, limits.replaceAll("524288", "unlimited"))).resolves.toMatchObject({
		openFiles: 1_048_576,
	});
});

test("a kernel without IPv6 is told from one with it", async () => {
	await expect(machineWith({})).resolves.toMatchObject({ ipv6: false });
	await expect(machineWith({ "../../../proc/net/if_inet6": "" })).resolves.toMatchObject({ ipv6: true });
});

const without = "Name:\tnode\nCapEff:\t0000000000000000\nCapBnd:\t00000000000000e0\n";

test.each([
	["the kernel's threshold", "1024\n", without, 1024],
	["any, in a container's own network", "0\n", without, 0],
	["any, with the capability NET_BIND_SERVICE", "1024\n", "CapEff:\t0000000000000400\n", 0],
	["any, where the kernel has no threshold", undefined, without, 0],
])("the first port is %s", async (_, threshold, status, firstPort) => {
	const files = {
		"../../../proc/self/status": status,
		...(threshold === undefined
			? {}
			: { "../../../proc/sys/net/ipv4/ip_unprivileged_port_start": threshold }),
	};

	await expect(machineWith(files)).resolves.toMatchObject({ firstPort });
});

test("this machine has an answer", async () => {
	const { threads, openFiles } = await machine();

	expect(threads).toBeGreaterThanOrEqual(1);
	expect(openFiles).toBeGreaterThanOrEqual(256);
});
