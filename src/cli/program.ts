import { Command, CommanderError, InvalidArgumentError } from "commander";
import type { Answers } from "../admin/api.ts";
import { askController } from "../admin/client.ts";
import type { HoldWish } from "../admin/hold.ts";
import { socketOf } from "../admin/socket.ts";
import { AppError, messageOf } from "../errors.ts";
import {
	flagOf,
	readSettings,
	type SettingName,
	settingNames,
	settingsInForce,
	withoutSecret,
} from "../settings.ts";
import { settingsTable } from "../settings-table.ts";
import { exitCodeOf, exitCodes, exitCodesText } from "./exit-codes.ts";
import { problemsText } from "./problems.ts";
import { serversText } from "./servers.ts";
import { settingsText } from "./settings.ts";
import { statusText } from "./status.ts";

/** Runs the verb that the arguments name, and tells of what went wrong; the exit code is in `process.exitCode`. */
export async function runProgram(args: readonly string[]): Promise<void> {
	try {
		await createProgram().parseAsync(args, { from: "user" });
	} catch (thrown) {
		process.exitCode = report(thrown);
	}
}

function report(thrown: unknown): number {
	// Commander has said already what it did not understand.
	if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
	if (!(thrown instanceof AppError)) {
		console.error(thrown);
		return exitCodes.no;
	}
	console.error(`ballast: ${messageOf(thrown)}`);
	if (thrown.hint !== undefined) console.error(`  → ${thrown.hint}`);
	return exitCodeOf(thrown.code);
}

function createProgram(): Command {
	const program = new Command("ballast");
	program.description("HAProxy that follows your containers.").addHelpText("after", exitCodesText());
	program.exitOverride().configureHelp({ showGlobalOptions: false });
	addOwn(program);
	addAnswers(program);
	addController(program);
	addHolds(program);
	return program;
}

/** What the command does by itself, with all settings. */
function addOwn(program: Command): void {
	verb(program, "run", "follow the engine, and keep HAProxy in step with it").action(async (flags) => {
		const { runVerb } = await import("./run.ts");
		await runVerb(readSettings({ flags }));
	});
	verb(program, "render", "print the haproxy.cfg that would be, and change nothing")
		.option("--from <file>", "take saved `docker inspect` JSON in place of the engine; - for standard input")
		.option(
			"--proxy <container>",
			"with --from: which of the saved containers is the proxy (default: none, outside)",
		)
		.option("--diff", "how every file would differ from the generation in force; exit code 1 if any does")
		.option("--json", "every file, the fleet and the problems, as JSON")
		.action(async ({ from, proxy, diff, json, ...flags }) => {
			const { renderVerb } = await import("./render.ts");
			process.exitCode = await renderVerb(readSettings({ flags }), { from, proxy, diff, json });
		});
	verb(program, "check", "let HAProxy check the templates and settings").action(async (flags) => {
		const { checkVerb } = await import("./check.ts");
		process.exitCode = await checkVerb(readSettings({ flags }));
	});
	verb(program, "engine", "which engine is followed, as the settings and the Docker context have it").action(
		async (flags) => {
			const { engineInForce } = await import("../dry-run.ts");
			print(await engineInForce(readSettings({ flags })));
		},
	);
	verb(program, "settings", "every setting, its value and where that comes from")
		.option("--json", "as JSON")
		.option("--free", "refuse ports that somebody listens at, too, as before a start")
		.action(async ({ json, free, ...flags }) => {
			const rows = settingsInForce({ flags }).map(withoutSecret);
			print(json ? rows.map((row) => ({ ...row, ...settingsTable[row.name] })) : settingsText(rows));
			const { optionsOf, refusePorts } = await import("../options.ts");
			const settings = readSettings({ flags });
			await optionsOf(settings, "");
			await refusePorts(settings, free === true);
		});
}

/** What the running controller answers in a word or a table. */
function addAnswers(program: Command): void {
	asking(program, "status", "whether all is well, and what was done last", {
		path: "/status",
		text: statusText,
		code: ({ state }) => (state === "degraded" ? exitCodes.no : exitCodes.ok),
	});
	asking(program, "servers", "every server, as Ballast and HAProxy see it", {
		path: "/servers",
		text: serversText,
	});
	asking(program, "problems", "what is not served, why, and what to do", {
		path: "/problems",
		text: problemsText,
	});
	asking(program, "health", "whether HAProxy answers and the controller's loop turns", {
		path: "/health",
		text: ({ why }) => why,
		code: ({ healthy }) => (healthy ? exitCodes.ok : exitCodes.no),
	});
}

/** What else is asked or told of the running controller. */
function addController(program: Command): void {
	controllerVerb(program, "why", "why a container gets requests or not, and what would change it")
		.argument("<container>", "its name, its id or the beginning of it, or its server's name")
		.option("--json", "as JSON")
		.action(async (container, { json, ...flags }) => {
			const { whyVerb } = await import("./why.ts");
			process.exitCode = await whyVerb(socketOf(readSettings({ flags })), container, json === true);
		});
	controllerVerb(program, "scale", "how many containers pools have, why, and what they shall have")
		.argument(
			"[pool]",
			"a pool; <pool>=<number> sets how many, <pool>=pause keeps those that are, <pool>=resume takes either back",
		)
		.option("--explain", "the latest decisions, with every number that went in")
		.option("--json", "as JSON")
		.action(async (asked, { explain, json, ...flags }) => {
			const { scaleVerb } = await import("./scale.ts");
			const socket = socketOf(readSettings({ flags }));
			process.exitCode = await scaleVerb(socket, asked, { explain: explain === true, json: json === true });
		});
	controllerVerb(program, "log", "who joined and left")
		.option("-n, --lines <number>", "how many of the latest", wholeNumber, 20)
		.option("-f, --follow", "go on with what comes, until Ctrl-C")
		.option("--json", "as JSON, a line each")
		.action(async ({ lines, follow, json, ...flags }) => {
			const { logVerb } = await import("./log.ts");
			process.exitCode = await logVerb(socketOf(readSettings({ flags })), { lines, follow, json });
		});
	controllerVerb(program, "event", "tell handlers and webhooks of an event of your own")
		.argument("<name>", "a-z, 0-9 and dashes, such as deployed")
		.argument("[payload]", "text, or JSON; - for standard input")
		.option("--json", "the answer as JSON")
		.action(async (name, payload, { json, ...flags }) => {
			const { eventVerb } = await import("./event.ts");
			const socket = socketOf(readSettings({ flags }));
			process.exitCode = await eventVerb(socket, { name, payload, json });
		});
}

/** What a person sets for a container; it lasts until it is made ready, or is removed. */
function addHolds(program: Command): void {
	holding(
		controllerVerb(program, "drain", "let a container finish: no new clients for it, until it is made ready"),
	)
		.option(
			"-w, --wait",
			"until nothing is in flight, and then take it out; exit code 1 if something is still open",
		)
		.option("--timeout <seconds>", "with --wait: at most so long (default: its drain time)", wholeNumber)
		.action(async (container, { wait, timeout, json, ...flags }) => {
			const socket = socketOf(readSettings({ flags }));
			const isJson = json === true;
			if (wait === true || timeout !== undefined) {
				const { drainAndWait } = await import("./drain.ts");
				process.exitCode = await drainAndWait(socket, { container, timeout, json: isJson });
				return;
			}
			await hold(socket, container, "drain", isJson);
		});
	for (const command of [
		controllerVerb(program, "maint", "take a container out: nobody is sent there, until it is made ready"),
		controllerVerb(program, "ready", "take back drain and maint"),
	]) {
		holding(command).action(async (container, { json, ...flags }) => {
			const wish = command.name() === "maint" ? "maint" : "ready";
			await hold(socketOf(readSettings({ flags })), container, wish, json === true);
		});
	}
}

function holding(command: Command): Command {
	return command
		.argument("<container>", "its name, its id or the beginning of it, or its server's name")
		.option("--json", "as JSON");
}

async function hold(socket: string, container: string, wish: HoldWish, json: boolean): Promise<void> {
	const { holdVerb } = await import("./hold.ts");
	process.exitCode = await holdVerb(socket, container, wish, json);
}

function wholeNumber(text: string): number {
	if (/^\d{1,9}$/.test(text)) return Number(text);
	throw new InvalidArgumentError("Expected a whole number.");
}

/** A verb that takes every setting as a flag. */
function verb(program: Command, name: string, meaning: string): Command {
	const command = program.command(name).description(meaning);
	for (const setting of settingNames) addFlag(command, setting);
	return command;
}

function addFlag(command: Command, name: SettingName): void {
	const { env, meaning, default: usual } = settingsTable[name];
	const shown = usual === "" ? env : `${env}, default ${usual}`;
	const option = command.createOption(`${flagOf(name)} <value>`, `${meaning} (${shown})`);
	command.addOption(Object.assign(option, { attributeName: () => name }));
}

/** A verb that needs to know no more than where the running controller answers. */
function controllerVerb(program: Command, name: string, meaning: string): Command {
	const command = program.command(name).description(meaning);
	addFlag(command, "runDir");
	return command;
}

type Question<Path extends keyof Answers> = {
	readonly path: Path;
	readonly text: (answer: Answers[Path]) => string;
	readonly code?: (answer: Answers[Path]) => number;
};

/** A verb that asks the running controller: a table for people, `--json` for programs. */
function asking<Path extends keyof Answers>(
	program: Command,
	name: string,
	meaning: string,
	question: Question<Path>,
): void {
	const command = controllerVerb(program, name, meaning).option("--json", "as JSON");
	command.action(async ({ json, ...flags }) => {
		const answer = await askController(socketOf(readSettings({ flags })), question.path);
		print(json ? answer : question.text(answer));
		process.exitCode = question.code?.(answer) ?? exitCodes.ok;
	});
}

function print(answer: unknown): void {
	console.log(typeof answer === "string" ? answer : JSON.stringify(answer, undefined, "\t"));
}
