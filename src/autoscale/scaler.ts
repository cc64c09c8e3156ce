import type { Problem } from "../model/problem.ts";
import type { ScaleDecision } from "../model/scale.ts";
import { createDoorbell } from "./doorbell.ts";
import { createEnds, type Ends, type LifeEvent } from "./ends.ts";
import { inquire } from "./inquest.ts";
import { createKeeper, type KeeperParts } from "./keeper.ts";
import { createKeepers, type Keepers } from "./keepers.ts";
import type { ScalerPorts } from "./ports.ts";
import { elsewhereProblems } from "./problems.ts";
import type { Room } from "./room.ts";
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

const noRoom: Room = { canStart: 0, why: "nothing is to be started" };

export function createScaler(parts: Omit<KeeperParts, "ends">): Scaler {
	const { ports, clock, log, marking, language } = parts;
	const ends = createEnds(clock, ports.memory.kept);
	const sweep = createSweep({ ...parts, ends, isFirst: ports.memory.kept.heardUntil === undefined });
	const telling = createTelling(log);
	const keepers = createKeepers({
		language,
		owner: marking.owner,
		kept: ports.memory.kept.pools,
		create: (kept) => createKeeper({ ...parts, ends }, kept),
		onDone: (pool) => {
			telling.forget(pool);
			lastStarts.delete(pool);
		},
	});
	const doorbell = createDoorbell(clock);
	/** When each pool has started some. */
	const lastStarts = new Map<string, number>();
	let [isDeciding, decided] = [false, Promise.resolve()];
	let leader: string | undefined;

	async function run(signal: AbortSignal): Promise<void> {
		for (let turn = 0; !signal.aborted; turn += 1) {
			await doorbell.rest(sampleMs, signal);
			await look(turn % samplesEach === 0, signal);
		}
		await decided;
	}

	/** To decide may take seconds, in which the engine makes containers: HAProxy is asked all the same. */
	async function look(isTime: boolean, signal: AbortSignal): Promise<void> {
		const isToDecide = !isDeciding && (doorbell.isRung() || isTime);
		if (isToDecide) doorbell.answer();
		const names = keepers.pools(ports.draft()).map(({ pool }) => pool);
		const loads = names.length === 0 ? [] : await ports.load(names, signal).catch(() => []);
		const now = clock.now();
		for (const name of names) {
			const load = loads.find(({ pool }) => pool === name);
			keepers.of(name).sampled(load, now);
		}
		if (isToDecide) decided = decide(names, signal);
	}

	async function decide(names: readonly string[], signal: AbortSignal): Promise<void> {
		isDeciding = true;
		await telling.of("", signal, async () => {
			leader = await ports.leader(signal);
			await inquire(keepers.memory(), { ends, ports }, signal);
			let room = names.length === 0 ? noRoom : await roomIn(keepers, ports);
			for (const name of inTurn(names, lastStarts)) {
				await telling.of(name, signal, async () => {
					// A turn takes its time, and who was there before it may have gone.
					const scaled = keepers.pools(ports.draft()).find(({ pool }) => pool === name);
					const started = scaled ? await keepers.of(name).turn(scaled, room, !leader, signal) : 0;
					if (started > 0) lastStarts.set(name, clock.now());
					room = less(room, started);
				});
			}
			if (leader === undefined) await sweep(ports.draft()?.standings ?? [], signal);
		});
		isDeciding = false;
		remember(ends, keepers, ports, signal);
	}

	return {
		run,
		note: ends.note,
		follows: ends.follows,
		nudge: doorbell.ring,
		decisions: () => new Map([...keepers.all()].map(([pool, keeper]) => [pool, keeper.decisions()])),
		problems: () => [...elsewhereProblems(leader), ...keepers.problems(), ...ports.memory.problems()],
	};
}

/** Who has waited longest comes first: a pool that grows on would leave no other a place. */
function inTurn(names: readonly string[], lastStarts: ReadonlyMap<string, number>): readonly string[] {
	const since = (name: string) => lastStarts.get(name) ?? 0;
	return names.toSorted((a, b) => since(a) - since(b));
}

/** As many at once as there are processors: those of all pools that are starting have them. */
async function roomIn(keepers: Keepers, { room, draft }: ScalerPorts): Promise<Room> {
	const all = await room();
	const starting = keepers.pools(draft()).map((pool) => keepers.of(pool.pool).starting(pool));
	return starting.reduce(less, all);
}

/** Not what ends with the controller: the engine may go on with that. */
function remember(ends: Ends, keepers: Keepers, { memory }: ScalerPorts, signal: AbortSignal): void {
	if (!signal.aborted) void memory.keep({ ...ends.kept(), pools: keepers.memory() });
}

/** What is left of it once so many more are starting. */
function less(room: Room, starting: number): Room {
	return { ...room, canStart: room.canStart - starting };
}
