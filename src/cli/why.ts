import { styleText } from "node:util";
import { askController } from "../admin/client.ts";
import { printable } from "../model/labels.ts";
import type { Explanation } from "../model/why.ts";
import { exitCodes } from "./exit-codes.ts";
import { table } from "./table.ts";
import { unknownContainer } from "./unknown-container.ts";

/** Says why a container gets requests or not; 1 when it does not. */
export async function whyVerb(socketPath: string, asked: string, json: boolean): Promise<number> {
	const answer = await askController(socketPath, `/why/${encodeURIComponent(asked)}`);
	if (!answer.known) throw unknownContainer(asked, answer.near);
	const { explanation } = answer;
	console.log(json ? JSON.stringify(explanation, undefined, "\t") : whyText(explanation));
	return explanation.state === "served" ? exitCodes.ok : exitCodes.no;
}

/** The verdict first, then what led to it. */
export function whyText({ verdict, state, labels, assumed, problems, remedies }: Explanation): string {
	const colour = {
		served: "green",
		idle: "red",
		"left-out": "red",
		absent: "red",
		"not-ours": "yellow",
	} as const;
	const told = problems.filter(({ code }) => code !== "bad-label" && code !== "unknown-label");
	const sections = [
		section("labels", labelRows(labels)),
		section(
			"assumed",
			assumed.map(({ what, value, why }) => [what, value, why]),
		),
		section(
			"problems",
			told.map(({ code, message }) => [code, message]),
		),
		section(
			"what would change it",
			remedies.map((remedy) => [`→ ${remedy}`]),
		),
	];
	return [styleText(colour[state], verdict), ...sections.filter((text) => text !== "")].join("\n\n");
}

function labelRows(labels: Explanation["labels"]): readonly (readonly string[])[] {
	const mark = { counts: "", overruled: "yellow", ignored: "yellow", "not-understood": "red" } as const;
	return labels.map(({ label, text, effect, meaning }) => {
		const written = [label, text].map((part) => printable(part).slice(1, -1)).join("=");
		const colour = mark[effect];
		return [written, colour === "" ? meaning : styleText(colour, meaning)];
	});
}

function section(heading: string, rows: readonly (readonly string[])[]): string {
	if (rows.length === 0) return "";
	const lines = table([], rows).split("\n");
	return [styleText("bold", heading), ...lines.map((line) => `  ${line.trimEnd()}`)].join("\n");
}
