/** What several runs of one measurement came to. */
export type Figures = { readonly median: number; readonly least: number; readonly most: number };

function figuresOf(values: readonly number[]): Figures {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
	return {
		median: (low + high) / 2,
		least: sorted[0] ?? Number.NaN,
		most: sorted.at(-1) ?? Number.NaN,
	};
}

/** A table's cells: median, least and most, each with so many digits behind the point. */
export function cellsOf(values: readonly number[], digits: number): readonly string[] {
	const { median, least, most } = figuresOf(values);
	return [median, least, most].map((value) => value.toFixed(digits));
}
