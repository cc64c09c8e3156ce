import { table } from "../../src/cli/table.ts";

/** One measurement, and every value it gave. */
export type Figure = {
	readonly what: string;
	readonly unit: keyof typeof digits;
	readonly values: readonly number[];
};

/** How many stand behind the point. */
const digits = {
	ms: 1,
	s: 2,
	MiB: 1,
	"% of a core": 2,
	"requests/s": 0,
	requests: 0,
	changes: 0,
	share: 3,
} as const;

export const headings = ["UNIT", "MEDIAN", "5 %", "95 %", "LEAST", "MOST", "N"] as const;

/** A row of a table: what was measured, and what its values came to. */
export function rowOf({ what, unit, values }: Figure): readonly string[] {
	const sorted = values.toSorted((a, b) => a - b);
	const places = [0.5, 0.05, 0.95, 0, 1].map((share) => quantile(sorted, share).toFixed(digits[unit]));
	return [what, unit, ...places, `${values.length}`];
}

export function tableOf(title: string, figures: readonly Figure[]): string {
	return table([title.toUpperCase(), ...headings], figures.map(rowOf));
}

/** Between two neighbours as much of each as the place is nearer to it. */
function quantile(sorted: readonly number[], share: number): number {
	const place = share * (sorted.length - 1);
	const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
	return low + (high - low) * (place - Math.floor(place));
}
