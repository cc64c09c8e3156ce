import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { dryRun } from "../dry-run.ts";
import { AppError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { exitCodes } from "./exit-codes.ts";
import { problemsText } from "./problems.ts";

export type RenderFlags = {
	readonly from?: string | undefined;
	readonly proxy?: string | undefined;
	readonly json?: boolean | undefined;
};

/** The configuration on standard output, the problems on standard error. */
export async function renderVerb(settings: Settings, { from, proxy, json }: RenderFlags): Promise<number> {
	const saved = from === undefined ? undefined : { text: await readSaved(from), source: from, proxy };
	const { generation, problems } = await dryRun(settings, saved, AbortSignal.timeout(60_000));
	if (json === true) {
		const { id, fleet, files } = generation;
		console.log(JSON.stringify({ id, fleet, files: Object.fromEntries(files), problems }, undefined, "\t"));
		return exitCodes.ok;
	}
	process.stdout.write(generation.files.get("haproxy.cfg") ?? "");
	if (problems.length > 0) console.error(problemsText(problems));
	return exitCodes.ok;
}

async function readSaved(file: string): Promise<string> {
	try {
		return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
	} catch (cause) {
		throw new AppError("bad-input", `${file} can't be read`, {
			cause,
			hint: "name a file made by: docker inspect <container> … > FILE",
		});
	}
}
