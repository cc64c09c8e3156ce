import { distance } from "fastest-levenshtein";
import { byText } from "./order.ts";

const most = 5;
/** How far two words are that differ by two letters which swapped places. */
const swap = 2;

/** Names that somebody may have meant, the likeliest first: those with a slip, and those that hold what was written. */
export function nearNames(written: string, names: readonly string[]): readonly string[] {
	const [lower, slips] = [written.toLowerCase(), Math.max(1, Math.floor(written.length / 4))];
	return [...new Set(names)]
		.map((name) => ({ name, far: farness(lower, name.toLowerCase()) }))
		.filter(({ name, far }) => Math.floor(far) <= slips || far === swap || name.toLowerCase().includes(lower))
		.sort((a, b) => a.far - b.far || byText(a.name, b.name))
		.slice(0, most)
		.map(({ name }) => name);
}

/** Among those as near as each other, the one of the same letters is nearest: two that swapped places are the likeliest slip. */
export function farness(written: string, known: string): number {
	const letters = (word: string) => [...word].sort().join("");
	return distance(written, known) + distance(letters(written), letters(known)) / 1000;
}
