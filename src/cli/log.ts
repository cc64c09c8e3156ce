import { styleText } from "node:util";
import { linesOfController, tellsNoMore } from "../admin/client.ts";
import type { LoggedEvent } from "../model/membership.ts";
import { endWithReader } from "./end-with-reader.ts";
import { exitCodes } from "./exit-codes.ts";

export type LogFlags = {
	/** How many of the latest. */
	readonly lines: number;
	readonly follow?: boolean | undefined;
	readonly json?: boolean | undefined;
};

/** The membership log on standard output. With `follow` until Ctrl-C or until nobody reads on, which are no failures. */
export async function logVerb(socketPath: string, { lines, follow, json }: LogFlags): Promise<number> {
	endWithReader();
	const interrupted = new AbortController();
	process.once("SIGINT", () => interrupted.abort());
	const path = `/log?lines=${lines}${follow === true ? "&follow" : ""}`;
	const batches = linesOfController<LoggedEvent>(socketPath, path, interrupted.signal);
	const textOf = json === true ? jsonOf : createLogText();
	const all: LoggedEvent[] = [];
	for await (const events of batches) {
		if (follow === true) process.stdout.write(textOf(events));
		else all.push(...events);
	}
	process.stdout.write(textOf(all));
	if (follow !== true || interrupted.signal.aborted) return exitCodes.ok;
	throw tellsNoMore();
}

function jsonOf(events: readonly LoggedEvent[]): string {
	return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

const colours = { join: "green", leave: "yellow", failed: "red" } as const;

/** Lines whose columns stand below each other: wide enough as a rule, they grow where they must, and never shrink. */
export function createLogText(): (events: readonly LoggedEvent[]) => string {
	const widths = [24, 6, 8, 16, 20];

	return (events) => {
		const rows = events.map(cellsOf);
		for (const [column, width] of widths.entries())
			widths[column] = Math.max(width, ...rows.map((cells) => cells[column]?.length ?? 0));
		return rows.map((cells) => `${lineOf(cells, widths)}\n`).join("");
	};
}

function cellsOf({ time, event, pool, role, name, address, why }: LoggedEvent): readonly string[] {
	return [time, event, pool || role, name, address, why];
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
	return cells
		.map((cell, column) => {
			const padded = cell.padEnd(widths[column] ?? 0);
			return column === 1 && isKnown(cell) ? styleText(colours[cell], padded) : padded;
		})
		.join("  ");
}

function isKnown(event: string): event is keyof typeof colours {
	return Object.hasOwn(colours, event);
}
