import { checkTemplates } from "../dry-run.ts";
import type { Settings } from "../settings.ts";
import { exitCodes } from "./exit-codes.ts";
import { problemsText } from "./problems.ts";

/** Whether HAProxy accepts what the templates and settings come to. Settings that can't be read have thrown before. */
export async function checkVerb(settings: Settings): Promise<number> {
	const problems = await checkTemplates(settings, AbortSignal.timeout(30_000));
	if (problems.length > 0) console.error(problemsText(problems));
	if (problems.some(({ code }) => code !== "template-outdated")) return exitCodes.no;
	console.log(
		`HAProxy accepts the templates of ${settings.templates} in the place of ours, and the settings.`,
	);
	return exitCodes.ok;
}
