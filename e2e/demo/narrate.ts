import { relative } from "node:path";
import { styleText } from "node:util";
import { table } from "../../src/cli/table.ts";
import type { Outcome } from "./play.ts";
import type { Step } from "./steps.ts";

export type Told = { readonly step: Step; readonly outcome: Outcome; readonly place: string };

export function tellIntroduction(): void {
	console.log(`
Servers come and go, and a client keeps asking all the while. A step is proven when haproxy.cfg, HAProxy's
process, its stats page, /nodes, \`ballast servers\` and the answers to requests all name the same servers.
`);
}

export function tellBegin(step: Step, command: string): void {
	console.log(`\n${styleText("bold", `${step.name}  ${step.title}`)}\n`);
	console.log(`    ${styleText("cyan", `$ ${command}`)}\n`);
}

/** A dot every half second while it lasts; on a terminal they go when it is over. */
export async function whileWaiting<T>(what: string, wait: Promise<T>): Promise<T> {
	const { stdout } = process;
	stdout.write(`    ${what} `);
	const timer = setInterval(() => stdout.write("."), 500);
	try {
		return await wait;
	} finally {
		clearInterval(timer);
		stdout.write(stdout.isTTY ? "\r\x1b[2K" : "\n");
	}
}

export function tellOutcome(told: Told): void {
	const { step, outcome, place } = told;
	for (const { event, name, address, why } of outcome.lines) {
		tell("Ballast", `${event} ${name} ${address}: ${why}`);
	}
	if (step.act.kind !== "nothing") tell("Time", timeOf(told));
	tell("Proven", `${serversOf(step)}; everybody agreed after ${seconds(outcome.agreedMs)}`);
	for (const [who, count] of outcome.round) tell("Answers", `${who} ${bar(count)} ${count}`);
	tell("Meanwhile", `${outcome.asked} other requests, ${outcome.lost.length} of them lost`);
	for (const { at, otherwise } of outcome.lost.slice(0, mostLost)) {
		tell("Lost", `${new Date(at).toISOString()} ${otherwise}`);
	}
	tell("Saved", `${relative(process.cwd(), place)}/`);
}

export function tellEnd(told: readonly Told[], directory: string): void {
	const rows = told.map((one) => [
		one.step.name,
		one.step.serving.join(" ") || "none",
		[...one.outcome.round].map(([who, count]) => `${who} ${count}`).join(", "),
		timeOf(one),
		`${one.outcome.lost.length} of ${one.outcome.asked}`,
	]);
	console.log(`\n${table(["STEP", "SERVERS", "ANSWERS", "TIME", "LOST"], rows)}\n`);
	console.log(
		`Each step's evidence is in ${relative(process.cwd(), directory)}/<step>/: haproxy.cfg, nodes/, docker-ps.txt, inspect/, log/,`,
	);
	console.log("and stats.png, HAProxy's stats page as a real Chromium saw it.\n");
}

const mostLost = 5;

function tell(what: string, text: string): void {
	console.log(`    ${styleText("dim", what.padEnd(9))}  ${text}`);
}

function timeOf({ step: { act }, outcome: { answerMs } }: Told): string {
	switch (act.kind) {
		case "nothing":
			return "";
		case "start":
			return `first answer ${seconds(answerMs)} after its start`;
		default:
			return `last answer ${seconds(answerMs)} after docker ${act.kind}`;
	}
}

function serversOf({ serving }: Step): string {
	return serving.length === 0 ? "there is no server" : `${serving.join(", ")}, and nobody else`;
}

function seconds(ms: number): string {
	return `${(ms / 1_000).toFixed(2)} s`;
}

function bar(count: number): string {
	return styleText("green", "█".repeat(Math.ceil(count / 3)));
}
