import type { Clock } from "../clock.ts";
import type { Generation } from "../model/generation.ts";
import type { Step } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { Ports } from "./ports.ts";
import { takeOut } from "./take-out.ts";

export type Applying = {
	/** Whether the generation is in force now; when not, the one before it is. */
	readonly inForce: boolean;
	/** Whether a process runs that has loaded it. */
	readonly loaded: boolean;
	/** The steps that took effect. */
	readonly done: readonly Step[];
	readonly problems: readonly Problem[];
};

/** How long a process that is starting may take to tell its generation, in milliseconds; and how often it is asked. */
const startPatience = 3_000;
const startGap = 25;

/** Performs a plan's steps in order. What HAProxy would not load is taken back. */
export async function apply(
	steps: readonly Step[],
	generation: Generation,
	ports: Pick<Ports, "generations" | "haproxy"> & { readonly clock: Clock },
	signal: AbortSignal,
): Promise<Applying> {
	const done: Step[] = [];
	const problems: Problem[] = [];
	for (const step of steps) {
		if (step.kind === "maint-server") problems.push(...(await takeOut(step, ports.haproxy, signal)));
		if (step.kind === "promote") await ports.generations.promote(generation);
		if (step.kind === "reload") {
			const trouble = await reload();
			if (trouble !== undefined) return trouble;
		}
		done.push(step);
	}
	return { inForce: true, loaded: true, done, problems };

	async function reload(): Promise<Applying | undefined> {
		const result = await ports.haproxy.reload(signal);
		if (result.kind === "failed") return await takeBack(result.log);
		const loaded = await settledGeneration();
		return loaded === generation.id
			? undefined
			: { inForce: true, loaded: false, done, problems: [...problems, notLoaded(generation.id, loaded)] };
	}

	/** What was in force before this pass stays so, but for the leavers: they are gone whatever becomes of the reload. */
	async function takeBack(log: string): Promise<Applying> {
		const promoted = done.some(({ kind }) => kind === "promote");
		if (promoted) await ports.generations.revert();
		return { inForce: false, loaded: false, done: [], problems: [...problems, reloadFailed(log)] };
	}

	async function settledGeneration(): Promise<string | undefined> {
		const deadline = ports.clock.now() + startPatience;
		for (;;) {
			const loaded = await ports.haproxy.loaded(signal);
			if (loaded === generation.id || ports.clock.now() >= deadline) return loaded;
			await ports.clock.sleep(startGap, signal);
		}
	}
}

function reloadFailed(log: string): Problem {
	return {
		code: "reload-failed",
		severity: "problem",
		subject: "haproxy",
		message: `HAProxy could not start with the new configuration; the one before it serves on: ${log}`,
		hint: "often an address that is taken or a limit of open files: see the message; it is tried again within a minute",
	};
}

function notLoaded(expected: string, loaded: string | undefined): Problem {
	return {
		code: "haproxy-not-running",
		severity: "problem",
		subject: "haproxy",
		message: `HAProxy should run generation ${expected}, but ${loaded === undefined ? "no process answers" : `runs ${loaded}`}`,
		hint: "it is started and asked again by itself; if this stays, see the lines of haproxy in the container's log",
	};
}
