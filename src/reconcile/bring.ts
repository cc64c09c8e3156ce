import type { Clock } from "../clock.ts";
import type { Draft } from "../model/build.ts";
import type { Generation } from "../model/generation.ts";
import { plan } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { Departure } from "../model/server-steps.ts";
import type { Accept, Accepted } from "./accept.ts";
import { type Applying, apply } from "./apply.ts";
import { createPace } from "./pace.ts";
import type { InForce, Ports } from "./ports.ts";
import type { Process } from "./process.ts";

/** What a pass wants, and what there was before it. */
export type Bringing = {
	readonly draft: Pick<Draft, "fleet" | "problems">;
	readonly before: InForce;
	readonly departures: ReadonlyMap<string, Departure>;
	/** Read the templates anew, and give what was refused another chance. */
	readonly afresh: boolean;
};

export type Brought = {
	readonly inForce: InForce;
	readonly problems: readonly Problem[];
	/** Undefined when nothing was to be applied. */
	readonly applied: Applying | undefined;
};

/** Has a generation accepted and put in force. `patient` aborts while HAProxy's parser is asked, and never later. */
export type Bring = (how: Bringing, patient: AbortSignal, signal: AbortSignal) => Promise<Brought>;

export function createBring(
	ports: Pick<Ports, "generations">,
	templates: Accept,
	process: Process,
	clock: Clock,
): Bring {
	const world = { ...ports, process, pace: createPace(clock), clock, hopeless: new Set<string>() };
	/** A structure that HAProxy's parser accepts but its process does not; not to be tried at every turn. */
	let unloadable: { readonly structure: string; readonly problems: readonly Problem[] } | undefined;

	async function bring(how: Bringing, patient: AbortSignal, signal: AbortSignal): Promise<Brought> {
		const { draft, before, afresh } = how;
		if (afresh) {
			world.hopeless.clear();
			unloadable = undefined;
		}
		const asked = { afresh, lastGood: before !== undefined };
		const { accepted, problems } = await templates.accept(draft.fleet, asked, patient);
		const found = [...draft.problems, ...problems];
		if (accepted === undefined) return { inForce: before, problems: found, applied: undefined };
		if (accepted.generation.structure === unloadable?.structure)
			return { inForce: before, problems: [...found, ...unloadable.problems], applied: undefined };

		const applied = await put(accepted.generation, how, signal);
		const inForce = applied.inForce ? accepted.generation : before;
		if (isDistrusted(accepted, applied))
			return await bring({ ...how, before: inForce, afresh: false }, patient, signal);
		const unkept = applied.loaded ? await templates.prove(accepted) : [];
		return { inForce, problems: [...found, ...unkept, ...applied.problems], applied };
	}

	async function put(desired: Generation, how: Bringing, signal: AbortSignal): Promise<Applying> {
		const applied = { inForce: how.before, running: process.seen(), departures: how.departures };
		const applying = await apply(plan(applied, desired), desired, world, signal);
		const isRefused = !applying.inForce && applying.putOff === undefined;
		unloadable = isRefused ? { structure: desired.structure, problems: applying.problems } : undefined;
		return applying;
	}

	function isDistrusted(accepted: Accepted, { loaded, putOff, problems }: Applying): boolean {
		return !loaded && putOff === undefined && templates.distrust(accepted, problems);
	}

	return bring;
}
