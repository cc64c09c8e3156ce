import { styleText } from "node:util";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

/** Contents by path. */
type Files = ReadonlyMap<string, string>;

/** A unified diff of each file that differs, by path; as `diff -u` and `patch -p1` have it. */
export function differences(inForce: Files, rendered: Files): Readonly<Record<string, string>> {
	const paths = [...new Set([...inForce.keys(), ...rendered.keys()])].sort();
	const changed = paths.filter((path) => inForce.get(path) !== rendered.get(path));
	return Object.fromEntries(
		changed.map((path) => [path, unified(path, inForce.get(path), rendered.get(path))]),
	);
}

function unified(path: string, before: string | undefined, after: string | undefined): string {
	const [from, to] = [
		before === undefined ? "/dev/null" : `in-force/${path}`,
		after === undefined ? "/dev/null" : `rendered/${path}`,
	];
	const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
	return createTwoFilesPatch(from, to, before ?? "", after ?? "", undefined, undefined, options);
}

/** On a terminal, what goes is red and what comes is green. */
export function coloured(patch: string): string {
	return patch.split("\n").map(colouredLine).join("\n");
}

function colouredLine(line: string): string {
	if (/^(---|\+\+\+) /.test(line)) return styleText("bold", line);
	if (line.startsWith("@@")) return styleText("cyan", line);
	if (line.startsWith("-")) return styleText("red", line);
	return line.startsWith("+") ? styleText("green", line) : line;
}
