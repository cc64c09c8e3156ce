import { eitherOf } from "../abort.ts";
import type { Clock } from "../clock.ts";
import { emptyFleet, type Fleet } from "../model/fleet.ts";
import { distinct, type Problem } from "../model/problem.ts";
import type { Step } from "../model/step.ts";
import type { JoinPolicy } from "../model/surroundings.ts";
import type { ProxyOptions } from "../render/options.ts";
import { createAccept } from "./accept.ts";
import { type Brought, createBring } from "./bring.ts";
import { createDepartures } from "./departures.ts";
import { createDraft } from "./draft.ts";
import { createHasten } from "./hasten.ts";
import type { Outcome } from "./outcome.ts";
import type { Hints, InForce, Ports } from "./ports.ts";
import { createProcess, type Process } from "./process.ts";
import { createRecord } from "./record.ts";
import { standIn } from "./stand-in.ts";

export type Reconciler = {
	/**
	 * One pass over what the hints name. Throws `AppError` when Docker can't be read: then nothing changes. Undefined when it
	 * was overtaken, after what can't wait was done and before anything was written: the next pass makes up for it.
	 *
	 * @param overtaken aborts when something happens that must not wait for the engine or HAProxy's parser
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
	const hasten = createHasten(process);
	const bring = createBring(ports, templates, process, clock);
	const record = createRecord(ports.records, config.firstStart);
	/** What the records tell of. A pass that broke off after it had promoted is made up for by the next. */
	let recorded: Fleet | undefined;

	const pass: Reconciler["pass"] = async (hints, overtaken, signal) => {
		using patient = eitherOf(overtaken, signal);
		return await unlessOvertaken(passOver(hints, patient.signal, signal), overtaken, signal);
	};

	/** @param patient aborts a wait for the engine or for HAProxy's parser, and nothing else */
	async function passOver(
		hints: Hints,
		patient: AbortSignal,
		signal: AbortSignal,
	): Promise<Outcome | undefined> {
		const before = await ports.generations.current(hints.all);
		recorded ??= before?.fleet ?? emptyFleet;
		if (hints.urgent) await hasten.letLeave(ports.engine.leaving(), signal);
		const inventory = await ports.engine.read(hints, patient);
		if (hints.look || process.seen() === undefined) await process.look(signal);
		const untold = await heed(before, process, ports);
		const draft = await draftOf(inventory, before, process.seen(), signal);
		const hopeful = templates.hopeful(draft.fleet);
		const around = { before: before?.fleet, standings: draft.standings, leaving: inventory.leaving };
		const departing = departures.of(process.seen(), hopeful, around);
		const quick = await hasten.comeAndGo({ inForce: before, departures: departing }, hopeful, signal);
		// Somebody has set something on HAProxy's socket meanwhile: the next draft knows of it.
		if ((await heed(before, process, ports)) !== nothing) return undefined;

		const how = { draft, before, departures: departing, afresh: hints.all };
		const brought = await bring(how, patient, signal);
		const found = { ...brought, problems: [...brought.problems, ...untold] };
		const outcome = outcomeOf(found, quick, dueIn(brought));
		const written = await record(outcome, { before: recorded, draft, proxy: inventory.proxy });
		recorded = outcome.fleet ?? recorded;
		ports.engine.recorded();
		return { ...written, draft };
	}

	async function passWithoutEngine(signal: AbortSignal): Promise<Outcome> {
		const before = await ports.generations.current(true);
		recorded ??= before?.fleet ?? emptyFleet;
		const draft = await standIn(before, ports, signal);
		await process.look(signal);
		const brought = await bring({ draft, before, departures: new Map(), afresh: false }, signal, signal);
		const outcome = outcomeOf(brought, [], dueIn(brought));
		const unwritten = outcome.fleet === undefined ? [] : await ports.records.nodes(outcome.fleet);
		return { ...outcome, problems: [...outcome.problems, ...unwritten] };
	}

	const dueIn = ({ putOff }: Brought): number =>
		Math.min(putOff ?? never, departures.due(process.seen()) ?? never);

	return { pass, passWithoutEngine };
}

const never = Number.POSITIVE_INFINITY;
const nothing: readonly Problem[] = [];

function outcomeOf({ inForce, problems, done }: Brought, quick: readonly Step[], again: number): Outcome {
	return {
		fleet: inForce?.fleet,
		generation: inForce?.id,
		draft: undefined,
		steps: [...quick, ...done],
		changes: [],
		problems: distinct(problems),
		again,
	};
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

/** Keeps what somebody has set on HAProxy's own socket. */
async function heed(
	inForce: InForce,
	process: Process,
	{ hold }: Pick<Ports, "hold">,
): Promise<readonly Problem[]> {
	const touched = process.touched(inForce?.fleet);
	if (touched.length === 0) return nothing;
	return (await Promise.all(touched.map((one) => hold(one.container, one.hold)))).flat();
}
