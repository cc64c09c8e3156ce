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
	const copy = await startCopy(sandbox, "copy", proxy.name);
	await serving(copy);
	const [spent, spentBeside] = await Promise.all([cpuOf(proxy), staticCpuOf(copy)]);
	await delay(idleSeconds * 1_000);
	const [shares, beside] = await Promise.all([spent(), spentBeside()]);
	return [
		{ what: "the controller, resident", unit: "MiB", values: [await memoryOf(proxy, "controller")] },
		{ what: "HAProxy's worker, resident", unit: "MiB", values: [await memoryOf(proxy, "haproxy")] },
		{ what: "a static HAProxy's, likewise", unit: "MiB", values: [await staticMemoryOf(copy)] },
		{ what: "the controller's processor", unit: "% of a core", values: [shares.controller] },
		{ what: "HAProxy's processor", unit: "% of a core", values: [shares.haproxy] },
		{ what: "a static HAProxy's, likewise", unit: "% of a core", values: [beside] },
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
		const share = (part: Part) => percent(after[part] - before[part], since);
		return { controller: share("controller"), haproxy: share("haproxy"), container: share("container") };
	};
}

/** The same of a static HAProxy, which is the container's first process. */
export async function staticCpuOf(container: string): Promise<() => Promise<number>> {
	const seconds = async () => ticksIn(await sh(container, statsOf("1"))) / 100;
	const [before, since] = [await seconds(), performance.now()];
	return async () => percent((await seconds()) - before, since);
}

/** Of a core, since that moment of `performance`. */
function percent(seconds: number, since: number): number {
	return (seconds / (performance.now() - since)) * 100_000;
}

/** VmRSS, in MiB. */
export async function memoryOf(
	{ name }: Pick<RunningProxy, "name">,
	part: Exclude<Part, "container">,
): Promise<number> {
	return residentIn(await sh(name, `${pids}; cat /proc/$${part}/status`));
}

async function staticMemoryOf(container: string): Promise<number> {
	return residentIn(await sh(container, `cat /proc/${staticWorker}/status`));
}

/** Its master is the container's first process. */
const staticWorker = "$(cut -d ' ' -f 1 /proc/1/task/1/children)";

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
	const said = await sh(
		name,
		`${pids}; cat /proc/$controller/stat; echo; ${statsOf("$master")}; echo; ${all}`,
	);
	const [controller = "", haproxy = "", container = ""] = said.split("\n\n");
	return {
		controller: ticksIn(controller) / 100,
		haproxy: ticksIn(haproxy) / 100,
		container: Number(container) / 1e9,
	};
}

/** A line for a master, and one for each of its workers. */
function statsOf(master: string): string {
	return `cat /proc/${master}/stat $(cat /proc/${master}/task/*/children | tr " " "\\n" | grep . | sed "s|.*|/proc/&/stat|")`;
}

/**
 * proc(5): user and system time are the 14th and 15th field, the next two are those of children that have ended, as the workers
 * that a reload replaced, and the second may hold spaces.
 */
function ticksIn(stats: string): number {
	const ticks = stats.split("\n").flatMap((stat) =>
		stat
			.slice(stat.lastIndexOf(")") + 2)
			.split(" ")
			.slice(11, 15)
			.map(Number),
	);
	return ticks.reduce((sum, some) => sum + some, 0);
}
