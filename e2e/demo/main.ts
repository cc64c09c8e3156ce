import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { ExecaError } from "execa";
import { logsOf } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import type { Sandbox } from "../harness/sandbox.ts";
import { removeEvidence, saveEvidence } from "./evidence.ts";
import { type Told, tellBegin, tellEnd, tellIntroduction, tellOutcome, whileWaiting } from "./narrate.ts";
import { play } from "./play.ts";
import { commandOf, openSandbox, openStage } from "./stage.ts";
import { proxyName, steps } from "./steps.ts";

/* `make demo`: servers come and go; each step is proven, told, and saved in logs/<step>/, or below the directory given. */

const directory = process.argv[2] ?? join(import.meta.dirname, "../../logs");

async function demo(sandbox: Sandbox, signal: AbortSignal): Promise<void> {
	await removeEvidence(directory);
	tellIntroduction();
	const told: Told[] = [];
	const stage = await whileWaiting("the proxy starts", openStage(sandbox, signal));
	for (const step of steps) {
		signal.throwIfAborted();
		tellBegin(step, commandOf(step.act, sandbox));
		const outcome = await whileWaiting("until everybody agrees", play(step, stage, signal));
		const place = join(directory, step.name);
		await whileWaiting("saving what they say", saveEvidence(step, stage, place));
		told.push({ step, outcome, place });
		tellOutcome({ step, outcome, place });
	}
	tellEnd(told, directory);
}

async function inSandbox(signal: AbortSignal): Promise<void> {
	const sandbox = await openSandbox();
	try {
		await demo(sandbox, signal);
	} catch (thrown) {
		if (!signal.aborted) console.error(`\n${await lastWordsOf(sandbox)}`);
		throw thrown;
	} finally {
		console.log("Removing the demo's containers and its network.");
		// Ctrl-C ends our docker commands, too, while the engine still finishes what they asked for,
		if (signal.aborted) await delay(1_000);
		// and a second one ends those that remove.
		await eventually(async () => sandbox[Symbol.asyncDispose]());
	}
}

async function lastWordsOf(sandbox: Sandbox): Promise<string> {
	return (await logsOf(sandbox.nameOf(proxyName))).trim().split("\n").slice(-15).join("\n");
}

/** The command's own words where one failed; else all there is, such as what was expected and what was got. */
function reasonOf(thrown: unknown): string {
	return thrown instanceof ExecaError ? thrown.message : inspect(thrown, { depth: 4 });
}

const enough = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => enough.abort(name));
try {
	await inSandbox(enough.signal);
} catch (thrown) {
	const { aborted, reason } = enough.signal;
	console.error(aborted ? `\nEnded by ${reason}.` : `\nThe demo failed.\n\n${reasonOf(thrown)}`);
	process.exitCode = aborted ? 130 : 1;
}
// A wait that was given up may go on for a while, and nobody needs its end.
process.exit();
