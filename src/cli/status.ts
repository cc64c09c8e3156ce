import { styleText } from "node:util";
import type { Status } from "../reconcile/status.ts";
import { table } from "./table.ts";

/** `ballast status` for people. */
export function statusText(status: Status): string {
	const colour = { starting: "yellow", ok: "green", degraded: "red" } as const;
	const reload = status.lastReload;
	const rows = [
		["state", styleText(colour[status.state], status.state)],
		["serving", `${status.servers} server(s) in ${status.pools} pool(s)`],
		["generation", status.generation ?? "none yet"],
		[
			"last reload",
			reload === null ? "none yet" : `${reload.at}, ${reload.took} ms, ${reasonsText(reload.reasons)}`,
		],
		["reloads", reloadsText(status.reloads)],
		...(status.oldProcesses.processes.length === 0
			? []
			: [["old processes", oldProcessesText(status.oldProcesses)]]),
		...(status.held.length === 0 ? [] : [["held back", status.held.map(heldText).join(", ")]]),
		["last turn", status.lastTurn ?? "none yet"],
		["engine", engineText(status.engine)],
		["problems", problemsText(status.problems)],
	];
	return table(["BALLAST", ""], rows);
}

function heldText({ container, hold }: Status["held"][number]): string {
	return `${container}: ${hold}`;
}

function reloadsText({ count, repairs }: Status["reloads"]): string {
	return repairs === 0 ? `${count}` : `${count}, ${repairs} of them to repair what HAProxy would not change`;
}

/** What keeps them, the most first. */
function oldProcessesText({ endAfter, processes }: Status["oldProcesses"]): string {
	const open = processes.reduce((all, one) => all + one.open, 0);
	const oldest = Math.max(0, ...processes.map((one) => one.oldest ?? 0));
	const names = [...new Set(processes.flatMap(({ servers }) => servers.map(({ server }) => server)))];
	const some = names.slice(0, 3).join(", ");
	const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
	const at = names.length === 0 ? "" : ` at ${some}${more}`;
	return `${processes.length}: ${open} open${at}, for ${oldest} s at most; each ends ${endAfter} after its reload at the latest`;
}

function reasonsText(reasons: NonNullable<Status["lastReload"]>["reasons"]): string {
	const [first, ...others] = reasons.map(({ kind, subject }) =>
		`${kind.replaceAll("-", " ")} ${subject}`.trim(),
	);
	return others.length === 0 ? `${first}` : `${first} and ${others.length} more`;
}

/** Where it stands, and what does not go as it should. */
function engineText({ connected, since, attempt, cause, nextTry, cuts, reading }: Status["engine"]): string {
	const isUnproven = connected && attempt > 1;
	return [
		`${connected ? "connected" : "not connected"}${since === null ? "" : ` since ${since}`}`,
		...(connected || attempt === 0 ? [] : [`attempt ${attempt}: ${cause}`]),
		...(isUnproven ? [`attempt ${attempt}, which has not held yet: ${cause}`] : []),
		...(nextTry === undefined ? [] : [`next try ${nextTry}`]),
		...(cuts === undefined || !connected ? [] : [`cut ${cuts.count} × in ten minutes: ${cuts.cause}`]),
		...(reading === undefined ? [] : [readingText(reading)]),
	].join("; ");
}

function readingText({ attempt, since, cause }: NonNullable<Status["engine"]["reading"]>): string {
	return `containers can't be read since ${since}, attempt ${attempt}: ${cause}`;
}

function problemsText(problems: Status["problems"]): string {
	const waiting = problems.filter((problem) => problem.severity === "problem").length;
	const notices = problems.length - waiting;
	if (problems.length === 0) return "none";
	return `${waiting} to mend, ${notices} that pass by themselves; see: ballast problems`;
}
