import type { Fleet } from "../model/fleet.ts";
import { leavers, type MaintServer, type ReadyServer, returners, type Step } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { Applying } from "./apply.ts";
import type { HaproxyPort, InForce } from "./ports.ts";
import { takeOut } from "./take-out.ts";

/** Takes servers out of the running process and gives them requests again, and knows who is out. */
export type Switches = {
	/** The servers, `<pool>/<server>`, that the running process lacks. */
	readonly takenOut: () => ReadonlySet<string>;
	/**
	 * Takes who leaves out before anything is rendered or checked: its address may be somebody else's as soon as it has
	 * ended, and a check takes long where the machine is busy. Who was taken out, and is back at its address, gets requests
	 * there again: a process that replaces this one may never start.
	 */
	readonly turn: (before: InForce, after: Fleet, signal: AbortSignal) => Promise<Switched>;
	/** Steps were performed, and came to this. */
	readonly performed: (steps: readonly Step[], applied: Applying) => void;
};

/** `done` is empty when nobody leaves or returns. */
export type Switched = {
	readonly done: readonly (MaintServer | ReadyServer)[];
	readonly problems: readonly Problem[];
};

const nobody: ReadonlySet<string> = new Set();

export function createSwitches(haproxy: HaproxyPort): Switches {
	/** Undefined until a process has told whom it lacks: the controller may have died after it had taken somebody out. */
	let takenOut: ReadonlySet<string> | undefined;

	async function turn(before: InForce, after: Fleet, signal: AbortSignal): Promise<Switched> {
		const lacks = takenOut ?? (await haproxy.takenOut(signal));
		takenOut = lacks && new Set(lacks);
		if (before === undefined) return { done: [], problems: [] };
		const leave = leavers(before.fleet, after);
		const come = returners(before.fleet, after, takenOut ?? nobody);
		const anybody = leave.length + come.length > 0;
		if (!anybody || (await haproxy.loaded(signal)) !== before.id) return { done: [], problems: [] };
		const problems: Problem[] = [];
		for (const step of leave) problems.push(...(await takeOut(step, haproxy, signal)));
		const done = [...leave, ...(await bringBack(come, signal))];
		takenOut &&= lackingAfter(takenOut, done);
		return { done, problems };
	}

	/** One that is refused stays among those that the process lacks, and the plan reloads for it. */
	async function bringBack(
		come: readonly ReadyServer[],
		signal: AbortSignal,
	): Promise<readonly ReadyServer[]> {
		const back: ReadyServer[] = [];
		for (const step of come) {
			const complaint = await haproxy.ready(step.pool, step.server, signal);
			if (complaint === undefined) back.push(step);
		}
		return back;
	}

	function performed(steps: readonly Step[], { done }: Applying): void {
		if (done.some(({ kind }) => kind === "reload")) takenOut = nobody;
		else takenOut &&= lackingAfter(takenOut, steps);
	}

	return { takenOut: () => takenOut ?? nobody, turn, performed };
}

function lackingAfter(takenOut: ReadonlySet<string>, steps: readonly Step[]): ReadonlySet<string> {
	const names = new Set(takenOut);
	for (const step of steps) {
		if (step.kind === "maint-server") names.add(`${step.pool}/${step.server}`);
		if (step.kind === "ready-server") names.delete(`${step.pool}/${step.server}`);
	}
	return names;
}
