import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { type Figure, headings, rowOf, tableOf } from "./figures.ts";

/** Tells figures on the terminal as they come, and keeps them for `logs/bench.md` and `logs/bench.json`. */
export type Report = {
	readonly tell: (title: string, figures: readonly Figure[]) => void;
	readonly save: () => Promise<void>;
};

const logs = join(import.meta.dirname, "../../logs");

export function createReport(): Report {
	const sections: { readonly title: string; readonly figures: readonly Figure[] }[] = [];
	const machine = machineName();
	console.log(`On ${machine}`);
	return {
		tell: (title, figures) => {
			sections.push({ title, figures });
			console.log(`\n${tableOf(title, figures)}`);
		},
		save: async () => {
			const at = new Date().toISOString();
			await mkdir(logs, { recursive: true });
			const tables = sections.map(({ title, figures }) => `\n## ${title}\n\n${markdownOf(figures)}\n`);
			await writeFile(join(logs, "bench.md"), `# Figures\n\n${at}, ${machine}\n${tables.join("")}`);
			await writeFile(join(logs, "bench.json"), JSON.stringify({ at, machine, sections }, undefined, "\t"));
			console.log("\nAlso in logs/bench.md, and with every value in logs/bench.json.");
		},
	};
}

function machineName(): string {
	const memory = Math.round(totalmem() / 2 ** 30);
	return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${memory} GiB`;
}

function markdownOf(figures: readonly Figure[]): string {
	const lines = [["", ...headings.map((heading) => heading.toLowerCase())], ...figures.map(rowOf)];
	const [first = "", ...rest] = lines.map((cells) => `| ${cells.join(" | ")} |`);
	return [first, `|${" --- |".repeat(headings.length + 1)}`, ...rest].join("\n");
}
