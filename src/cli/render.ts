import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type DryRun, dryRun, inForce } from "../dry-run.ts";
import { AppError } from "../errors.ts";
import type { Generation } from "../model/generation.ts";
import type { Settings } from "../settings.ts";
import { endWithReader } from "./end-with-reader.ts";
import { exitCodes } from "./exit-codes.ts";
import { problemsText } from "./problems.ts";

export type RenderFlags = {
	readonly from?: string | undefined;
	readonly proxy?: string | undefined;
	readonly diff?: boolean | undefined;
	readonly json?: boolean | undefined;
};

/** The configuration on standard output, or how it differs from the one in force; the problems on standard error. */
export async function renderVerb(settings: Settings, flags: RenderFlags): Promise<number> {
	endWithReader();
	const { from, proxy, diff, json } = flags;
	const saved = from === undefined ? undefined : { text: await readSaved(from), source: from, proxy };
	const found = await dryRun(settings, saved, AbortSignal.timeout(60_000));
	if (diff === true) return await printDifferences(found, await inForce(settings), json === true);
	print(found, json === true);
	return exitCodes.ok;
}

function print({ generation, problems }: DryRun, json: boolean): void {
	const { id, fleet, files } = generation;
	if (json) {
		console.log(asJson({ id, fleet, files: Object.fromEntries(files), problems }));
		return;
	}
	process.stdout.write(files.get("haproxy.cfg") ?? "");
	if (problems.length > 0) console.error(problemsText(problems));
}

/** As `diff` does: 1 when there is any. */
async function printDifferences(
	{ generation, problems }: DryRun,
	before: Pick<Generation, "id" | "files">,
	json: boolean,
): Promise<number> {
	const { coloured, differences } = await import("./render-diff.ts");
	const different = differences(before.files, generation.files);
	if (json)
		console.log(asJson({ inForce: before.id, rendered: generation.id, differences: different, problems }));
	else process.stdout.write(coloured(Object.values(different).join("")));
	if (!json && problems.length > 0) console.error(problemsText(problems));
	return Object.keys(different).length === 0 ? exitCodes.ok : exitCodes.no;
}

function asJson(value: unknown): string {
	return JSON.stringify(value, undefined, "\t");
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
