import { type Running, type RunningServer, runningName } from "../model/running.ts";
import { isMet, type ServerChange, type ServerStep } from "../model/step.ts";
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
};

/** A step that HAProxy did not make, and what it said. */
export type Unmet = { readonly step: ServerStep; readonly complaint: string };

export function createProcess(haproxy: HaproxyPort): Process {
	let seen: Running | undefined;

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
		return steps.flatMap((step, index) => {
			if (isOvertaken(step, steps.slice(index + 1)) || isMet(step, servers)) return [];
			return [{ step, complaint: changed.replies[index]?.trim() || "it took no effect" }];
		});
	}

	async function reload(signal: AbortSignal): Promise<ReloadResult> {
		seen = undefined;
		return await haproxy.reload(signal);
	}

	return { seen: () => seen, look, change, reload };
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

/** One that is about a server that a later one of the same batch is about. */
function isOvertaken(step: ServerStep, later: readonly ServerStep[]): boolean {
	return later.some((one) => runningName(one) === runningName(step) && one.kind !== "weight-server");
}
