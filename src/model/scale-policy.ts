/** How large a pool may become, and by what it is measured. */
export type ScalePolicy = {
	/** Numbers of containers. */
	readonly min: number;
	readonly max: number;
	/** Requests in flight per container. */
	readonly target: number;
	/** How many HAProxy lets into a container at a time; undefined: all, and nothing queues. */
	readonly maxconn?: number;
	/** Share, 0 to 1, of what a container may use of the processors. */
	readonly cpu?: number;
	/** The longest mean wait in HAProxy's queue, in milliseconds, with which containers are still taken away. */
	readonly queueMs: number;
	/** Requests per second and container. */
	readonly rps?: number;
	/** For how long fewer must have been enough; undefined: ten times what a start takes, 1 to 10 minutes. */
	readonly downAfterMs?: number;
	/** After how many milliseconds without a request the last one goes, where min is 0. */
	readonly idleMs: number;
	/** Within how many milliseconds a container is ready, as long as none has been measured. */
	readonly readyMs: number;
	/** `advise` decides, and nobody acts; `up-only` takes none away; `paused` changes nothing at all. */
	readonly mode: "auto" | "advise" | "up-only" | "paused";
};

/** More are wanted above this share of what those that are there should carry. */
export const upAbove = 1.1;
/** Fewer are enough up to this share of what those that remain should carry. */
export const downUpTo = 0.85;

/** Why a pool of this policy would flap, or could not hold what it promises, with the arithmetic; undefined: it can. */
export function policyFault(policy: ScalePolicy): string | undefined {
	const faults = [
		...boundFaults(policy),
		...targetFaults(policy),
		...fullContainerFaults(policy),
		...cpuFaults(policy),
		...lullFaults(policy),
	];
	return faults.length === 0 ? undefined : faults.join("; ");
}

function boundFaults({ min, max }: ScalePolicy): readonly string[] {
	if (![min, max].every((bound) => Number.isInteger(bound) && bound >= 0) || max === 0)
		return [`scale is ${min}-${max}, expected whole numbers, the larger one 1 at least`];
	return min > max ? [`at least ${min} and at most ${max} containers can't both hold`] : [];
}

function targetFaults({ target, rps, queueMs }: ScalePolicy): readonly string[] {
	return Object.entries({ target, rps: rps ?? 1, queueMs })
		.filter(([, value]) => !(Number.isFinite(value) && value > 0))
		.map(([name, value]) => `${name} is ${value}, expected more than 0`);
}

/** Of N full containers, each counts as maxconn/target: below the down limit, one of them is always too many. */
function fullContainerFaults({ maxconn, target }: ScalePolicy): readonly string[] {
	if (maxconn === undefined || maxconn >= downUpTo * target) return [];
	const most = `${downUpTo} × ${target} = ${short(downUpTo * target)}`;
	return [
		`maxconn ${maxconn} is less than ${most}: a full container counts as ${short(maxconn / target)} of one, fewer than ${downUpTo} seem enough, and what a queue adds is taken away again; expected a target of ${Math.floor(maxconn / downUpTo)} at most`,
	];
}

/** Nothing uses more than all of its limit. */
function cpuFaults({ cpu }: ScalePolicy): readonly string[] {
	if (cpu === undefined) return [];
	if (!(cpu > 0 && cpu <= 1)) return [`cpu is ${cpu}, expected a share above 0 and up to 1`];
	const needed = Math.round(cpu * upAbove * 100);
	return needed < 100
		? []
		: [
				`cpu ${percent(cpu)} adds a container above ${upAbove} × ${percent(cpu)} = ${needed} % of the limit, and none can use that much; expected 90 % at most`,
			];
}

function lullFaults({ downAfterMs, readyMs }: ScalePolicy): readonly string[] {
	if (downAfterMs === undefined || downAfterMs >= readyMs) return [];
	return [
		`down-after ${seconds(downAfterMs)} is shorter than ready ${seconds(readyMs)}: what a lull of ${seconds(downAfterMs)} takes away needs ${seconds(readyMs)} to come back`,
	];
}

function short(value: number): string {
	return String(Math.round(value * 100) / 100);
}

function percent(share: number): string {
	return `${Math.round(share * 100)} %`;
}

function seconds(ms: number): string {
	return `${short(ms / 1000)} s`;
}
