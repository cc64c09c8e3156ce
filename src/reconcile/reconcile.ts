import type { Clock } from "../clock.ts";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import { type Applied, quickSteps } from "../model/plan.ts";
import type { Step } from "../model/step.ts";
import type { JoinPolicy } from "../model/surroundings.ts";
import type { ProxyOptions } from "../render/options.ts";
import { createAccept } from "./accept.ts";
import { type Brought, createBring } from "./bring.ts";
import { createDepartures } from "./departures.ts";
import { createDraft } from "./draft.ts";
import type { Outcome } from "./outcome.ts";
import type { Hints, Ports } from "./ports.ts";
import { createProcess, type Process } from "./process.ts";
import { createRecord } from "./record.ts";
import { standIn } from "./stand-in.ts";

export type Reconciler = {
	/**
	 * One pass over what the hints name. Throws `AppError` when Docker can't be read: then nothing changes. Undefined when it
	 * was overtaken, after what can't wait was done and before anything was written: the next pass makes up for it.
	 *
	 * @param overtaken aborts when something happens that must not wait for HAProxy's parser
	 */
	readonly pass: (hints: Hints, overtaken: AbortSignal, signal: AbortSignal) => Promise<Outcome | undefined>;
	/** For a start at which Docker doesn't answer: what was served before, as far as it can be counted on. */
	readonly passWithoutEngine: (signal: AbortSignal) => Promise<Outcome>;
};

export type ReconcilerConfig = {
	readonly policy: JoinPolicy;
	readonly options: ProxyOptions;
	/** Whether the proxy itself has just started, rather than its controller alone. */
	readonly firstStart: boolean;
};

/** The way of the data: engine → inventory → draft → quick steps → accepted generation → plan → apply → record. */
export function createReconciler(ports: Ports, clock: Clock, config: ReconcilerConfig): Reconciler {
	const draftOf = createDraft(ports.probe, ports.held, config.policy);
	const templates = createAccept(ports, config.options);
	const process = createProcess(ports.haproxy);
	const departures = createDepartures(clock);
	const bring = createBring(ports, templates, process, clock);
	const record = createRecord(ports.records, config.firstStart);
	/** What the records tell of. A pass that broke off after it had promoted is made up for by the next. */
	let recorded: Fleet | undefined;

	async function pass(
		hints: Hints,
		overtaken: AbortSignal,
		signal: AbortSignal,
	): Promise<Outcome | undefined> {
		const inventory = await ports.engine.read(hints, signal);
		const before = await ports.generations.current();
		recorded ??= before?.fleet ?? emptyFleet;
		if (process.seen() === undefined) await process.look(signal);
		const draft = await draftOf(inventory, before, process.seen(), signal);
		const hopeful = templates.hopeful(draft.fleet);
		const departing = departures.of(process.seen(), hopeful, draft.standings, inventory.leaving);
		const quick = await hasten(process, { inForce: before, departures: departing }, hopeful, signal);

		const how = {
			draft,
			before,
			departures: departing,
			afresh: hints.all,
			look: hints.containers.size === 0,
		};
		const patient = AbortSignal.any([overtaken, signal]);
		const brought = await unlessOvertaken(bring(how, patient, signal), overtaken, signal);
		if (brought === undefined) return undefined;
		const outcome = outcomeOf(brought, quick);
		const written = await record(outcome, { before: recorded, draft, proxy: inventory.proxy });
		recorded = outcome.fleet ?? recorded;
		return { ...written, draft };
	}

	async function passWithoutEngine(signal: AbortSignal): Promise<Outcome> {
		const before = await ports.generations.current();
		recorded ??= before?.fleet ?? emptyFleet;
		const draft = await standIn(before, ports, signal);
		const how = { draft, before, departures: new Map(), afresh: false, look: true };
		const outcome = outcomeOf(await bring(how, signal, signal), []);
		const unwritten = outcome.fleet === undefined ? [] : await ports.records.nodes(outcome.fleet);
		return { ...outcome, problems: [...outcome.problems, ...unwritten] };
	}

	function outcomeOf({ inForce, problems, applied }: Brought, quick: readonly Step[]): Outcome {
		const fleet = inForce?.fleet;
		const waits = [applied?.putOff, fleet && departures.due(process.seen(), fleet)];
		return {
			fleet,
			generation: inForce?.id,
			draft: undefined,
			steps: [...quick, ...(applied?.done ?? [])],
			changes: [],
			problems,
			again: Math.min(...waits.filter((wait) => wait !== undefined)),
		};
	}

	return { pass, passWithoutEngine };
}

/** What is done before anything is rendered or checked. What HAProxy refuses of it, the plan has again. */
async function hasten(
	process: Process,
	applied: Omit<Applied, "running">,
	wanted: Fleet,
	signal: AbortSignal,
): Promise<readonly Step[]> {
	const steps = quickSteps({ ...applied, running: process.seen() }, wanted);
	const unmet = await process.change(steps, signal);
	return steps.filter((step) => !unmet.some((one) => one.step === step));
}

async function unlessOvertaken<T>(
	doing: Promise<T>,
	overtaken: AbortSignal,
	signal: AbortSignal,
): Promise<T | undefined> {
	try {
		return await doing;
	} catch (thrown) {
		if (overtaken.aborted && !signal.aborted && thrown === overtaken.reason) return undefined;
		throw thrown;
	}
}
