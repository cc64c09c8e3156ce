import type { Fleet } from "../model/fleet.ts";
import { type Running, type RunningServer, runningName } from "../model/running.ts";
import { isMet, type ServerChange, type ServerStep } from "../model/step.ts";
import { type Touch, touchedIn } from "../model/touched.ts";
import { serverOptions } from "../render/server.ts";
import type { HaproxyPort, ReloadResult } from "./ports.ts";

/** The running process, with what it has as far as that is known. */
export type Process = {
	/** What it had when it was last read or changed; undefined: it did not answer, or was not asked yet. */
	readonly seen: () => Running | undefined;
	/** Reads all of it. */
	readonly look: (signal: AbortSignal) => Promise<Running | undefined>;
	/** Performs the steps, and reads back what they are about (promise 6). Gives those that did not take effect, and why. */
	readonly change: (steps: readonly ServerStep[], signal: AbortSignal) => Promise<readonly Unmet[]>;
	readonly reload: (signal: AbortSignal) => Promise<ReloadResult>;
	/** What somebody else has changed of the fleet's servers since this was last asked. */
	readonly touched: (fleet: Fleet | undefined) => readonly Touch[];
};

/** A step that HAProxy did not make, and what it said. */
export type Unmet = { readonly step: ServerStep; readonly complaint: string };

export function createProcess(haproxy: HaproxyPort): Process {
	let seen: Running | undefined;
	/** What it had when Ballast last changed it, or was last asked who else did. */
	let known: Running | undefined;

	async function look(signal: AbortSignal): Promise<Running | undefined> {
		seen = undefined;
		seen = await haproxy.running(signal);
		return seen;
	}

	async function change(steps: readonly ServerStep[], signal: AbortSignal): Promise<readonly Unmet[]> {
		if (steps.length === 0 || seen === undefined) return [];
		const before = seen;
		// Whatever breaks off here, the next pass reads it all.
		seen = undefined;
		const changed = await haproxy.change(steps.map(changeOf), signal);
		if (changed === undefined) return steps.map((step) => ({ step, complaint: "no process answers" }));
		seen = { ...before, servers: laidOver(before.servers, steps, changed.servers) };
		const { servers } = seen;
		known &&= known.pid === seen.pid ? { ...known, servers: asChanged(known.servers, steps, servers) } : seen;
		const last = lastSteps(steps);
		return steps.flatMap((step, index) => {
			if ((last.get(runningName(step)) ?? index) > index || isMet(step, servers)) return [];
			return [{ step, complaint: changed.replies[index]?.trim() || "it took no effect" }];
		});
	}

	async function reload(signal: AbortSignal): Promise<ReloadResult> {
		[seen, known] = [undefined, undefined];
		return await haproxy.reload(signal);
	}

	function touched(fleet: Fleet | undefined): readonly Touch[] {
		if (known === seen) return [];
		const found = touchedIn(known, seen, fleet);
		known = seen ?? known;
		return found;
	}

	return { seen: () => seen, look, change, reload, touched };
}

function changeOf(step: ServerStep): ServerChange {
	if (step.kind !== "add-server") return step;
	return { ...step, options: serverOptions(step.entry, { ...step.policy, name: step.pool }) };
}

/** The pools that were read back, as they are, and the others as they were. */
function laidOver(
	before: Running["servers"],
	steps: readonly ServerStep[],
	read: readonly RunningServer[],
): Running["servers"] {
	const pools = new Set(steps.map(({ pool }) => pool));
	const others = [...before.values()].filter(({ pool }) => !pools.has(pool));
	return new Map([...others, ...read].map((server) => [runningName(server), server]));
}

/** Where each server is mentioned last: what comes before is overtaken by that. A weight overtakes nothing. */
function lastSteps(steps: readonly ServerStep[]): ReadonlyMap<string, number> {
	const states = steps
		.map((step, index) => [step, index] as const)
		.filter(([{ kind }]) => kind !== "weight-server");
	return new Map(states.map(([step, index]) => [runningName(step), index]));
}

/** Those that the steps name as they are now, and all others as they were. */
function asChanged(
	before: Running["servers"],
	steps: readonly ServerStep[],
	now: Running["servers"],
): Running["servers"] {
	const after = new Map(before);
	for (const name of new Set(steps.map(runningName))) {
		const server = now.get(name);
		if (server === undefined) after.delete(name);
		else after.set(name, server);
	}
	return after;
}
