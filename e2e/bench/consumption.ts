import { setTimeout as delay } from "node:timers/promises";
import { sh } from "../harness/docker.ts";
import type { RunningProxy } from "../harness/proxy.ts";
import { startProxy } from "../harness/proxy.ts";
import { createSandbox } from "../harness/sandbox.ts";
import { createApps } from "../load/apps.ts";
import type { Figure } from "./figures.ts";
import { serving, startCopy } from "./static-haproxy.ts";

export type Part = "controller" | "haproxy" | "container";

const idleSeconds = 20;

/** With three servers that nobody asks anything. */
export async function idle(): Promise<readonly Figure[]> {
	await using sandbox = await createSandbox("bench");
	const [proxy, apps] = await Promise.all([startProxy(sandbox), createApps(sandbox)]);
	await Promise.all(["s1", "s2", "s3"].map((name) => apps.start(name, "exits at once")));
	await delay(10_000);
	const spent = await cpuOf(proxy);
	await delay(idleSeconds * 1_000);
	const shares = await spent();
	const copy = await startCopy(sandbox, "copy", proxy.name);
	await serving(copy);
	return [
		{ what: "the controller, resident", unit: "MiB", values: [await memoryOf(proxy, "controller")] },
		{ what: "HAProxy's worker, resident", unit: "MiB", values: [await memoryOf(proxy, "haproxy")] },
		{ what: "a static HAProxy's, likewise", unit: "MiB", values: [await staticMemoryOf(copy)] },
		{ what: "the controller's processor", unit: "% of a core", values: [shares.controller] },
		{ what: "HAProxy's processor", unit: "% of a core", values: [shares.haproxy] },
		{ what: "all of the container, health check included", unit: "% of a core", values: [shares.container] },
	];
}

/** From now on; gives what each has spent when it is called. */
export async function cpuOf(
	proxy: Pick<RunningProxy, "name">,
): Promise<() => Promise<Readonly<Record<Part, number>>>> {
	const [before, since] = [await secondsOf(proxy), performance.now()];
	return async () => {
		const after = await secondsOf(proxy);
		const share = (part: Part) => ((after[part] - before[part]) / (performance.now() - since)) * 100_000;
		return { controller: share("controller"), haproxy: share("haproxy"), container: share("container") };
	};
}

/** VmRSS, in MiB. */
export async function memoryOf(
	{ name }: Pick<RunningProxy, "name">,
	part: Exclude<Part, "container">,
): Promise<number> {
	return residentIn(await sh(name, `${pids}; cat /proc/$${part}/status`));
}

/** Its master is the container's first process. */
async function staticMemoryOf(container: string): Promise<number> {
	return residentIn(await sh(container, "cat /proc/$(cut -d ' ' -f 1 /proc/1/task/1/children)/status"));
}

function residentIn(status: string): number {
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The worker is the newest child of HAProxy's master. */
const pids = `
	controller=$(s6-svstat -o pid /run/service/controller); master=$(s6-svstat -o pid /run/service/haproxy)
	haproxy=$(cat /proc/$master/task/*/children | tr " " "\\n" | grep . | tail -n 1)`;

/** Processor time so far. The kernel counts a process's in hundredths of a second. */
async function secondsOf({ name }: Pick<RunningProxy, "name">): Promise<Readonly<Record<Part, number>>> {
	const all =
		"cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || sed -n 's/usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat";
	const said = await sh(name, `${pids}; cat /proc/$controller/stat /proc/$haproxy/stat; ${all}`);
	const [controller = "", haproxy = "", container = ""] = said.split("\n");
	return {
		controller: ticksIn(controller) / 100,
		haproxy: ticksIn(haproxy) / 100,
		container: Number(container) / 1e9,
	};
}

/** proc(5): user and system time are the 14th and 15th field, and the second may hold spaces. */
function ticksIn(stat: string): number {
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return Number(fields[11]) + Number(fields[12]);
}
