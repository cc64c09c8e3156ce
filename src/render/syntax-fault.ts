/** Where a template's mistake lies, and what it is. */
export type Fault = { readonly line: number; readonly what: string };

/** A compiled template: its text, the code made of it, and its tags as Eta parsed them. */
export type Attempt = {
	readonly file: string;
	readonly template: string;
	readonly code: string;
	readonly tags: readonly (string | { readonly t: string; readonly val: string; readonly lineNo?: number })[];
};

const lineMarker = "__eta.line=";

/** Places a syntax error of the code in the template that it was made of. Eta writes `__eta.line=<n>` before each tag's code. */
export function syntaxFault({ file, template, code, tags }: Attempt, error: Error): Fault {
	const codeLines = code.split("\n").slice(0, positionIn(file, error));
	const marker = codeLines.findLast((line) => line.startsWith(lineMarker)) ?? lineMarker;
	const tagLine = Number(marker.slice(lineMarker.length));
	// Eta wraps the code in a `try` block: a surplus `}` of the template ends it early, an open block swallows its end.
	if (error.message.startsWith("Missing catch"))
		return { line: tagLine, what: "a `}` closes a block that is not open" };
	if (codeLines.some((line) => line.startsWith("if (__eta.layout)")))
		return { line: openBlock(tags) ?? tagLine, what: "the block that begins here is never closed" };
	if (tags.some((tag) => typeof tag !== "string" && tag.lineNo === tagLine && tag.val.includes("<%")))
		return { line: tagLine, what: "the tag that begins here is never closed" };
	return { line: lineOf(codeLines.at(-1) ?? "", template, tagLine), what: error.message };
}

/** The stack of a syntax error begins with `<file>:<line>`. */
function positionIn(file: string, error: Error): number {
	const [, line = "0"] = error.stack?.slice(file.length).match(/^:(\d+)/) ?? [];
	return Number(line);
}

/** A tag may hold several lines of code. */
function lineOf(code: string, template: string, tagLine: number): number {
	const lines = template.split("\n").slice(tagLine - 1);
	return (
		tagLine +
		Math.max(
			lines.findIndex((line) => line.includes(code.trim())),
			0,
		)
	);
}

/** The line of the last `{` in a control tag that no `}` in a later one closes. */
function openBlock(tags: Attempt["tags"]): number | undefined {
	const open: (number | undefined)[] = [];
	for (const tag of tags) {
		if (typeof tag === "string" || tag.t !== "e") continue;
		for (const [brace] of tag.val.matchAll(/[{}]/g)) {
			if (brace === "{") open.push(tag.lineNo);
			else open.pop();
		}
	}
	return open.at(-1);
}
