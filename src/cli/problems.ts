import { styleText } from "node:util";
import type { Problem } from "../model/problem.ts";

/** `ballast problems` for people: who, what, and what to do, a paragraph each. */
export function problemsText(problems: readonly Problem[]): string {
	if (problems.length === 0) return "No problems.";
	return problems.map(paragraph).join("\n\n");
}

function paragraph({ severity, subject, code, message, hint }: Problem): string {
	const mark = severity === "problem" ? styleText("red", "problem") : styleText("yellow", "notice");
	return `${mark} ${styleText("bold", subject)} (${code})\n  ${message}\n  → ${hint}`;
}
