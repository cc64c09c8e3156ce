import { newProblems, type Problem } from "../model/problem.ts";
import type { ScaleDecision } from "../model/scale.ts";
import { createDoorbell } from "./doorbell.ts";
import { createEnds, type Ends, type LifeEvent } from "./ends.ts";
import { createKeeper, type KeeperParts } from "./keeper.ts";
import { createKeepers, type Keepers } from "./keepers.ts";
import type { ScalerPorts } from "./ports.ts";
import { elsewhereProblems } from "./problems.ts";
import { createRound } from "./round.ts";
import { createSweep } from "./sweep.ts";
import { createTelling } from "./telling.ts";

/** Keeps pools at the size that their containers' labels and the load ask for. */
export type Scaler = {
	/** Samples and decides until the signal aborts. What fails is tried again a second later. */
	readonly run: (signal: AbortSignal) => Promise<void>;
	readonly note: (event: LifeEvent) => void;
	/** Whether the engine tells of what happens. Each time that it does so anew, what was missed is noted right after. */
	readonly follows: (isFollowing: boolean) => void;
	/** A pass has found something new: the next decision is due at once. */
	readonly nudge: () => void;
	/** By pool. */
	readonly decisions: () => ReadonlyMap<string, readonly ScaleDecision[]>;
	readonly problems: () => readonly Problem[];
};

/** Between two samples, and how many of them come to a decision. */
const sampleMs = 250;
const samplesEach = 4;

export function createScaler(parts: Omit<KeeperParts, "ends">): Scaler {
	const { ports, clock, log, marking, language } = parts;
	const ends = createEnds(clock, ports.memory.kept);
	const sweep = createSweep({ ...parts, ends, isFirst: ports.memory.kept.heardUntil === undefined });
	const telling = createTelling(log);
	const keepers: Keepers = createKeepers({
		language,
		owner: marking.owner,
		kept: ports.memory.kept.pools,
		create: (kept) => createKeeper({ ...parts, ends }, kept),
		onDone: (pool) => {
			telling.forget(pool);
			round.forget(pool);
		},
	});
	const round = createRound({ ports, clock, ends, keepers: () => keepers, sweep, telling });
	const doorbell = createDoorbell(clock);
	let told: readonly Problem[] = [];
	let [isDeciding, decided, hurried] = [false, Promise.resolve(), Promise.resolve()];

	async function run(signal: AbortSignal): Promise<void> {
		for (let turn = 0; !signal.aborted; turn += 1) {
			await doorbell.rest(sampleMs, signal);
			await look(turn % samplesEach === 0, signal);
		}
		await Promise.all([decided, hurried]);
	}

	/** To decide may take seconds, in which the engine makes containers: HAProxy is asked all the same. */
	async function look(isTime: boolean, signal: AbortSignal): Promise<void> {
		const names = keepers.pools(ports.draft()).map(({ pool }) => pool);
		const loads = names.length === 0 ? [] : await ports.load(names, signal).catch(() => []);
		const now = clock.now();
		for (const name of names) {
			const load = loads.find(({ pool }) => pool === name);
			keepers.of(name).sampled(load, now);
		}
		const waitedFor = loads.filter(({ held = 0 }) => held > 0).map(({ pool }) => pool);
		if (isDeciding && waitedFor.length > 0) hurried = round.hurry(waitedFor, signal);
		if (isDeciding || !(isTime || waitedFor.length > 0 || doorbell.isRung())) return;
		doorbell.answer();
		decided = decide(names, signal);
	}

	async function decide(names: readonly string[], signal: AbortSignal): Promise<void> {
		isDeciding = true;
		await round.decide(names, signal);
		isDeciding = false;
		remember(ends, keepers, ports, signal);
		const before = told;
		told = problems();
		ports.complain(newProblems(told, before, matterOf));
	}

	const problems = () => [
		...elsewhereProblems(round.leader()),
		...keepers.problems(),
		...ports.memory.problems(),
	];

	return {
		run,
		note: ends.note,
		follows: ends.follows,
		nudge: doorbell.ring,
		decisions: () => new Map([...keepers.all()].map(([pool, keeper]) => [pool, keeper.decisions()])),
		problems,
	};
}

/** Not what ends with the controller: the engine may go on with that. */
function remember(ends: Ends, keepers: Keepers, { memory }: ScalerPorts, signal: AbortSignal): void {
	if (!signal.aborted) void memory.keep({ ...ends.kept(), pools: keepers.memory() });
}

/** Their words change with every try: what Docker says of it, how many there were. */
function matterOf({ code, subject }: Problem): string {
	return `${code} ${subject}`;
}
