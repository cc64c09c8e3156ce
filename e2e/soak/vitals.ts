import { memoryOf } from "../bench/consumption.ts";
import { sh } from "../harness/docker.ts";
import type { RunningProxy } from "../harness/proxy.ts";

/** What would grow if anything leaked. */
export type Vitals = {
	/** MiB. */
	readonly controller: number;
	readonly haproxy: number;
	/** Open files and sockets of the controller. */
	readonly files: number;
	/** Processes of HAProxy that only finish their connections. */
	readonly oldWorkers: number;
};

export async function vitalsOf(proxy: RunningProxy): Promise<Vitals> {
	const [controller, haproxy, counts] = await Promise.all([
		memoryOf(proxy, "controller"),
		memoryOf(proxy, "haproxy"),
		sh(proxy.name, count, "10002:10002"),
	]);
	const [files = 0, workers = 0] = counts.split("\n").map(Number);
	return { controller, haproxy, files, oldWorkers: workers - 1 };
}

/** As the controller's user, who may look at its files. */
const count = `
	ls /proc/$(pgrep -u 10002 -f "main.js run" | head -n 1)/fd | wc -l
	pgrep -u 10001 -f /usr/sbin/haproxy | wc -l`;

const most = { growthMiB: 20, files: 30, oldWorkers: 4 } as const;

/** What has grown beyond measure between an early look and a late one, when all has come to rest. */
export function leaksBetween(early: Vitals, late: Vitals): readonly string[] {
	const { growthMiB, files, oldWorkers } = most;
	return [
		...(late.controller - early.controller > growthMiB
			? [`the controller grew from ${early.controller.toFixed(0)} to ${late.controller.toFixed(0)} MiB`]
			: []),
		...(late.files - early.files > files
			? [`the controller's open files grew from ${early.files} to ${late.files}`]
			: []),
		...(late.oldWorkers > oldWorkers ? [`${late.oldWorkers} old workers are left`] : []),
	];
}
