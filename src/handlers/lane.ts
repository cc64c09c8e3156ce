import PQueue from "p-queue";

/** One task after the other, in the order they came, and no more waiting than is good. */
export type Lane = AsyncDisposable & {
	/** The task's own promise; undefined for one too many, which is counted and never run. */
	readonly take: <T>(task: () => Promise<T>) => Promise<T> | undefined;
	/** How many were not taken since it was last idle. */
	readonly dropped: () => number;
	readonly idle: () => boolean;
};

/**
 * Disposing of it forgets what waits, and waits for what runs.
 *
 * @param onIdle is told how many were not taken meanwhile
 */
export function createLane(most: number, onIdle: (dropped: number) => void = () => undefined): Lane {
	const queue = new PQueue({ concurrency: 1 });
	let dropped = 0;
	queue.addEventListener("idle", () => {
		onIdle(dropped);
		dropped = 0;
	});
	return {
		take: (task) => {
			if (queue.size < most) return queue.add(task);
			dropped += 1;
			return undefined;
		},
		dropped: () => dropped,
		idle: () => queue.size === 0 && queue.pending === 0,
		[Symbol.asyncDispose]: async () => {
			queue.clear();
			await queue.onIdle();
		},
	};
}
