/** Prints how long it took, as a figure for people. */
export async function timed(what: string, act: () => Promise<unknown>): Promise<void> {
	const began = performance.now();
	await act();
	console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}
