import Table from "cli-table3";

/** Columns as `docker ps` has them: a heading, no lines, two spaces between. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
	const none = Object.fromEntries(edges.map((edge) => [edge, ""]));
	const drawn = new Table({
		head: [...headings],
		chars: { ...none, middle: "  " },
		style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
	});
	drawn.push(...rows.map((row) => [...row]));
	return drawn.toString();
}

const edges = [
	...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
	...["left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
];
