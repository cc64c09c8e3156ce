import { execFileSync } from "node:child_process";
import { type Dockerfile, type Instruction, optionsOf, runScript } from "./dockerfile.ts";

/** The same image with a RUN for each command, those of our scripts in images/ included. `read` gives a file of the context. */
export function perCommand(dockerfile: Dockerfile, read: (path: string) => string): Dockerfile {
	return {
		...dockerfile,
		last: dockerfile.last.flatMap((instruction) =>
			instruction.keyword === "RUN" ? split(instruction.rest, read) : [instruction],
		),
	};
}

function split(rest: string, read: (path: string) => string): readonly Instruction[] {
	const { options, words } = optionsOf(rest);
	return words
		.split(" && ")
		.flatMap((command) => commandsOf(command, options, read))
		.map((command) => runScript(options, command));
}

/** `sh /mnt/script a b`, from a mounted directory, becomes the script's commands. */
function commandsOf(
	command: string,
	options: readonly string[],
	read: (path: string) => string,
): readonly string[] {
	const [, path, args] = /^sh (\/\S+) ?(.*)$/.exec(command) ?? [];
	if (path === undefined) return [command];
	const [statements, settings] = parseScript(read(contextPathOf(path, options)));
	return statements.map((statement) => [`set -e -- ${args}`.trimEnd(), ...settings, statement].join("\n"));
}

function contextPathOf(path: string, options: readonly string[]): string {
	for (const option of options) {
		const [, source = "", target = ""] = /type=bind,source=([^,]+),target=([^,]+)$/.exec(option) ?? [];
		if (target !== "" && path.startsWith(`${target}/`)) return path.replace(target, source);
	}
	throw new Error(`expected ${path} in a directory that the same RUN mounts, got ${options.join(" ")}`);
}

/** The statements of a shell script; and its settings, which each of them needs when it runs alone. */
function parseScript(text: string): readonly [readonly string[], readonly string[]] {
	const statements: string[] = [];
	const settings: string[] = [];
	let open = "";
	for (const line of text.split("\n").filter((one) => one.trim() !== "" && !one.startsWith("#"))) {
		open = open === "" ? line : `${open}\n${line}`;
		if (line.endsWith("\\") || !isWhole(open)) continue;
		if (/^(?:export )?\w+=\S*$/.test(open)) settings.push(open);
		else if (!/^set -\w+$/.test(open)) statements.push(open);
		open = "";
	}
	return [statements, settings];
}

/** As the shell itself judges it. */
function isWhole(statement: string): boolean {
	try {
		execFileSync("sh", ["-n", "-c", statement], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}
