/**
 * Milliseconds since 1970 by the clock that Docker and the containers read, in fractions that a Date lacks. What a process adds
 * up from its start by itself (`performance`) knows nothing of a clock that is put right meanwhile, by a millisecond each
 * second for minutes after a machine was woken.
 */
export function wallTime(): number {
	const asked = performance.now();
	const before = Date.now();
	let ticked = before;
	while (ticked === before) ticked = Date.now();
	return ticked - (performance.now() - asked);
}
