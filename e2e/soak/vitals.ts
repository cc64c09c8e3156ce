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
	const [controller, haproxy, pids] = await Promise.all([
		memoryOf(proxy, "controller"),
		memoryOf(proxy, "haproxy"),
		sh(proxy.name, processes),
	]);
	const [pid, ...workers] = pids.split(/\s+/);
	// Its own user may look at its files, and root of a hardened container may not.
	const files = await sh(proxy.name, `ls /proc/${pid}/fd | wc -l`, "10002:10002");
	return { controller, haproxy, files: Number(files), oldWorkers: workers.length - 1 };
}

/** The controller's, and those of the children of HAProxy's master. */
const processes = `
	s6-svstat -o pid /run/service/controller
	cat /proc/$(s6-svstat -o pid /run/service/haproxy)/task/*/children`;

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
