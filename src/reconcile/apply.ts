import type { Clock } from "../clock.ts";
import type { Generation } from "../model/generation.ts";
import { plan } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import { runningName } from "../model/running.ts";
import { isServerStep, type ReloadReason, type ServerStep, type Step } from "../model/step.ts";
import type { InVain } from "./in-vain.ts";
import type { Pace } from "./pace.ts";
import type { Ports } from "./ports.ts";
import type { Process, Unmet } from "./process.ts";

export type Applying = {
	/** Whether the generation is in force now; when not, the one before it is. */
	readonly inForce: boolean;
	/** Whether a process runs that has all of it. */
	readonly loaded: boolean;
	/** The steps that took effect. */
	readonly done: readonly Step[];
	/** Milliseconds until a reload that has to wait may be made. */
	readonly putOff?: number;
	readonly problems: readonly Problem[];
};

type World = {
	readonly generations: Pick<Ports["generations"], "current" | "promote" | "revert">;
	readonly process: Process;
	readonly pace: Pace;
	readonly clock: Clock;
	/** What no process would start with, by structure. */
	readonly unloadable: InVain<readonly Problem[]>;
	/** Servers that a reload did not mend, by `<pool>/<server>`. */
	readonly hopeless: InVain<true>;
};

/** How long a process that is starting may take to tell its structure, in milliseconds; and how often it is asked. */
const startPatience = 3_000;
const startGap = 25;

/**
 * Performs a plan's steps. What the Runtime API would not do is repaired by a reload; what HAProxy would not load is taken
 * back.
 */
export async function apply(
	steps: readonly Step[],
	generation: Generation,
	world: World,
	signal: AbortSignal,
): Promise<Applying> {
	const { generations, process, pace, hopeless, unloadable } = world;
	// While none does, there is nothing to be gentle with.
	const serves = process.seen() !== undefined;
	const changes = steps.filter(isServerStep);
	const unmet = await process.change(changes, signal);
	const done: Step[] = changes.filter((step) => !unmet.some((one) => one.step === step));
	const promote = steps.find(({ kind }) => kind === "promote");
	const structural = steps.find((step) => step.kind === "reload")?.reasons ?? [];
	const repairs = unmet.filter(({ step }) => hopeless.of(runningName(step)) === undefined);
	const reasons = [...structural, ...repairs.map(repairReason)];
	const inVain = serves && reasons.length > 0 ? unloadable.of(generation.structure) : undefined;
	if (inVain !== undefined) return { inForce: promote === undefined, loaded: false, done, problems: inVain };
	const putOff = reasons.length > 0 ? pace.wait() : 0;
	if (structural.length > 0 && putOff > 0)
		return { inForce: false, loaded: false, done, putOff, problems: [] };

	const isNew = promote !== undefined && (await generations.current(false))?.id !== generation.id;
	if (promote !== undefined) {
		await generations.promote(generation);
		done.push(promote);
	}
	const problems = unmet.filter((one) => !repairs.includes(one)).map(notMade);
	if (reasons.length === 0) return { inForce: true, loaded: true, done, problems };
	if (putOff > 0) return { inForce: true, loaded: true, done, putOff, problems };
	return await reload();

	async function reload(): Promise<Applying> {
		const result = await process.reload(signal);
		if (result.kind === "failed") return await takenBack(result.log);
		if (result.kind === "reloaded") pace.reloaded(result.old);
		const loaded = await settledStructure();
		const isRight = loaded === generation.structure;
		if (isRight) unloadable.delete(generation.structure);
		const problems = isRight ? await settle(unmet) : [notLoaded(generation.structure, loaded)];
		const reloaded = isRight ? [{ kind: "reload", reasons } as const] : [];
		return { inForce: true, loaded: isRight, done: [...done, ...reloaded], problems };
	}

	async function takenBack(log: string): Promise<Applying> {
		pace.failed();
		const problems = [reloadFailed(log)];
		if (isNew) await generations.revert();
		if (serves) unloadable.add(generation.structure, problems);
		return { inForce: !isNew, loaded: false, done: done.filter(isServerStep), problems };
	}

	/** What the file can't say of servers; and whether what the Runtime API would not do was repaired. */
	async function settle(before: readonly Unmet[]): Promise<readonly Problem[]> {
		const applied = { inForce: generation, running: process.seen(), departures: new Map() };
		const still = await process.change(plan(applied, generation).filter(isServerStep), signal);
		for (const { step } of still) hopeless.add(runningName(step), true);
		for (const { step } of before)
			if (!still.some((one) => runningName(one.step) === runningName(step)))
				hopeless.delete(runningName(step));
		return still.map(notMade);
	}

	async function settledStructure(): Promise<string | undefined> {
		const deadline = world.clock.now() + startPatience;
		for (;;) {
			const loaded = (await process.look(signal))?.structure;
			if (loaded === generation.structure || world.clock.now() >= deadline) return loaded;
			await world.clock.sleep(startGap, signal);
		}
	}
}

function repairReason({ step, complaint }: Unmet): ReloadReason {
	return { kind: "process-differs", subject: `${runningName(step)}, ${wordsFor[step.kind]}: ${complaint}` };
}

const wordsFor = {
	"add-server": "could not be added",
	"maint-server": "could not be taken out",
	"drain-server": "could not be drained",
	"ready-server": "could not be made ready",
	"weight-server": "could not be weighted",
	"remove-server": "could not be removed",
} as const satisfies Record<ServerStep["kind"], string>;

function notMade({ step, complaint }: Unmet): Problem {
	return {
		code: "server-refused",
		severity: "problem",
		subject: runningName(step),
		message: `in HAProxy's running process it ${wordsFor[step.kind]}, and a reload did not mend it: ${complaint}`,
		hint: "the file is right, and so is any process that starts from it; it is tried again within a minute, then less and less often",
	};
}

function reloadFailed(log: string): Problem {
	return {
		code: "reload-failed",
		severity: "problem",
		subject: "haproxy",
		message: `HAProxy could not start with the new configuration; the one before it serves on: ${log}`,
		hint: "often an address that is taken or a limit of open files: see the message; it is tried again within a minute, then less and less often",
	};
}

function notLoaded(expected: string, loaded: string | undefined): Problem {
	return {
		code: "haproxy-not-running",
		severity: "problem",
		subject: "haproxy",
		message: `HAProxy should run structure ${expected}, but ${loaded === undefined ? "no process answers" : `runs ${loaded}`}`,
		hint: "it is started and asked again by itself; if this stays, see the lines of haproxy in the container's log",
	};
}
