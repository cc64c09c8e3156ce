import type { Clock } from "../clock.ts";
import type { Draft } from "../model/build.ts";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import { plan, type Step } from "../model/plan.ts";
import type { Problem } from "../model/problem.ts";
import type { JoinPolicy } from "../model/surroundings.ts";
import type { ProxyOptions } from "../render/options.ts";
import { createAccept } from "./accept.ts";
import { type Applying, apply } from "./apply.ts";
import { createDraft } from "./draft.ts";
import type { Outcome } from "./outcome.ts";
import type { Hints, InForce, Ports } from "./ports.ts";
import { createRecord } from "./record.ts";
import { standIn } from "./stand-in.ts";
import { createSwitches, type Switched } from "./switches.ts";

export type Reconciler = {
	/** One pass over what the hints name. Throws `AppError` when Docker can't be read: then nothing changes. */
	readonly pass: (hints: Hints, signal: AbortSignal) => Promise<Outcome>;
	/** For a start at which Docker doesn't answer: what was served before, as far as it can be counted on. */
	readonly passWithoutEngine: (signal: AbortSignal) => Promise<Outcome>;
};

export type ReconcilerConfig = {
	readonly policy: JoinPolicy;
	readonly options: ProxyOptions;
	/** Whether the proxy itself has just started, rather than its controller alone. */
	readonly firstStart: boolean;
};

/** The way of the data: engine → inventory → draft → accepted generation → plan → apply → record. */
export function createReconciler(ports: Ports, clock: Clock, config: ReconcilerConfig): Reconciler {
	const draftOf = createDraft(ports.probe, ports.held, config.policy);
	const templates = createAccept(ports, config.options);
	const switches = createSwitches(ports.haproxy);
	const record = createRecord(ports.records, config.firstStart);
	/** A generation that HAProxy's parser accepts but its process does not; not to be tried at every turn. */
	let unloadable: { readonly id: string; readonly problems: readonly Problem[] } | undefined;
	/** What the records tell of. A pass that broke off after it had promoted is made up for by the next. */
	let recorded: Fleet | undefined;

	async function pass(hints: Hints, signal: AbortSignal): Promise<Outcome> {
		const inventory = await ports.engine.read(hints, signal);
		const before = await ports.generations.current();
		recorded ??= before?.fleet ?? emptyFleet;
		const draft = await draftOf(inventory, before, signal);
		const switched = await switches.turn(before, draft.fleet, signal);
		const brought = await bring(draft, before, hints.all, signal);
		const outcome = after(switched, brought);
		const written = await record(outcome, { before: recorded, draft, proxy: inventory.proxy });
		recorded = outcome.fleet ?? recorded;
		return { ...written, draft };
	}

	async function passWithoutEngine(signal: AbortSignal): Promise<Outcome> {
		const before = await ports.generations.current();
		recorded ??= before?.fleet ?? emptyFleet;
		const draft = await standIn(before, ports, signal);
		const outcome = await bring(draft, before, false, signal);
		const unwritten = outcome.fleet === undefined ? [] : await ports.records.nodes(outcome.fleet);
		return { ...outcome, problems: [...outcome.problems, ...unwritten] };
	}

	async function bring(
		draft: Pick<Draft, "fleet" | "problems">,
		before: InForce,
		afresh: boolean,
		signal: AbortSignal,
	): Promise<Outcome> {
		const how = { afresh, lastGood: before !== undefined };
		const { accepted, problems } = await templates.accept(draft.fleet, how, signal);
		const found = [...draft.problems, ...problems];
		if (accepted === undefined) return outcomeOf(before, found);
		const { generation: desired } = accepted;
		if (desired.id === unloadable?.id && !afresh)
			return outcomeOf(before, [...found, ...unloadable.problems]);

		const applied = await put(desired, before, signal);
		const inForce = applied.inForce ? desired : before;
		if (applied.loaded) found.push(...(await templates.prove(accepted)));
		else if (templates.distrust(accepted, applied.problems))
			return await bring(draft, inForce, false, signal);
		return outcomeOf(inForce, [...found, ...applied.problems], applied.done);
	}

	async function put(desired: Generation, before: InForce, signal: AbortSignal): Promise<Applying> {
		const loaded = await ports.haproxy.loaded(signal);
		const steps = plan({ inForce: before, loaded, takenOut: switches.takenOut() }, desired);
		const applied = await apply(steps, desired, { ...ports, clock }, signal);
		switches.performed(steps, applied);
		unloadable = applied.inForce ? undefined : { id: desired.id, problems: applied.problems };
		return applied;
	}

	return { pass, passWithoutEngine };
}

function after({ done, problems }: Switched, outcome: Outcome): Outcome {
	return { ...outcome, steps: [...done, ...outcome.steps], problems: [...outcome.problems, ...problems] };
}

function outcomeOf(inForce: InForce, problems: readonly Problem[], steps: readonly Step[] = []): Outcome {
	return {
		fleet: inForce?.fleet,
		generation: inForce?.id,
		draft: undefined,
		steps,
		changes: [],
		problems,
	};
}
