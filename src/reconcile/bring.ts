import type { Clock } from "../clock.ts";
import { type Draft, refilled } from "../model/build.ts";
import { plan } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { Departure } from "../model/server-steps.ts";
import type { Step } from "../model/step.ts";
import type { Accept, Accepted } from "./accept.ts";
import { type Applying, apply } from "./apply.ts";
import { createInVain } from "./in-vain.ts";
import { createPace } from "./pace.ts";
import type { InForce, Ports } from "./ports.ts";
import type { Process } from "./process.ts";

/** What a pass wants, and what there was before it. */
export type Bringing = {
	readonly draft: Pick<Draft, "fleet" | "problems">;
	readonly before: InForce;
	readonly departures: ReadonlyMap<string, Departure>;
	/** Read the templates anew, and give what HAProxy's parser refused another chance. */
	readonly afresh: boolean;
};

export type Brought = {
	readonly inForce: InForce;
	readonly problems: readonly Problem[];
	/** The steps that took effect. */
	readonly done: readonly Step[];
	/** Milliseconds until a reload that has to wait may be made. */
	readonly putOff?: number | undefined;
};

/** Has a generation accepted and put in force. `patient` aborts while HAProxy's parser is asked, and never later. */
export type Bring = (how: Bringing, patient: AbortSignal, signal: AbortSignal) => Promise<Brought>;

export function createBring(
	ports: Pick<Ports, "generations">,
	templates: Accept,
	process: Process,
	clock: Clock,
): Bring {
	const hopeless = createInVain<true>(clock);
	const unloadable = createInVain<readonly Problem[]>(clock);
	const world = { ...ports, process, pace: createPace(clock), clock, hopeless, unloadable };

	async function bring(how: Bringing, patient: AbortSignal, signal: AbortSignal): Promise<Brought> {
		const { draft, before, afresh } = how;
		const asked = { afresh, lastGood: before !== undefined };
		const { accepted, problems } = await templates.accept(draft.fleet, asked, patient);
		const found = [...draft.problems, ...problems];
		if (accepted === undefined) return { inForce: before, problems: found, done: [] };
		const { generation } = accepted;
		const present = { inForce: before, running: process.seen(), departures: how.departures };
		const applied = await apply(plan(present, generation), generation, world, signal);
		const inForce = applied.inForce ? generation : before;
		if (isDistrusted(accepted, applied))
			return await bring({ ...how, before: inForce, afresh: false }, patient, signal);
		const unkept = applied.loaded ? await templates.prove(accepted.templates) : [];
		const { done, putOff } = applied;
		const brought = { inForce, problems: [...found, ...unkept, ...applied.problems], done, putOff };
		const isRefused = putOff === undefined && generation.structure === before?.structure;
		return applied.inForce || isRefused ? brought : await keepUp(how, brought, patient, signal);
	}

	/** Until what is wanted is loaded, a process that starts from the file has the servers of now in the pools of before. */
	async function keepUp(
		{ draft, before, departures }: Bringing,
		brought: Brought,
		patient: AbortSignal,
		signal: AbortSignal,
	): Promise<Brought> {
		if (before === undefined) return brought;
		const fleet = refilled(before.fleet, templates.hopeful(draft.fleet));
		const present = await templates.within(before.structure, fleet, patient);
		if (present === undefined) return brought;
		const running = process.seen() ?? (await process.look(signal));
		const steps = plan({ inForce: before, running, departures }, present);
		const changes = steps.filter(({ kind }) => kind !== "reload");
		const { inForce, done, problems } = await apply(changes, present, world, signal);
		return {
			...brought,
			inForce: inForce ? present : before,
			done: [...brought.done, ...done],
			problems: [...brought.problems, ...problems],
		};
	}

	function isDistrusted(accepted: Accepted, { loaded, putOff, problems }: Applying): boolean {
		return !loaded && putOff === undefined && templates.distrust(accepted.templates, problems);
	}

	return bring;
}
