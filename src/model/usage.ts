/** What a container has used of the processors until now. Made by docker/usage.ts, from Docker's statistics. */
export type Usage = {
	/** When, by the engine's clock, in milliseconds since 1970. */
	readonly at: number;
	/** Since the container's start, in milliseconds of one processor. */
	readonly usedMs: number;
	/** How many processors the engine's machine has. */
	readonly machine: number;
};
