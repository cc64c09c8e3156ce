import { AppError } from "../errors.ts";
import type { Problem } from "../model/problem.ts";
import type { Templates } from "../render/engine.ts";
import type { Ports } from "./ports.ts";

/** Which templates there are to go on with: the newest, and the last that a process has loaded, should those be broken. */
export type Trust = {
	/** Reads the newest again; those that are broken, or that were distrusted, are judged anew. */
	readonly readAgain: () => Promise<void>;
	/** The newest first. */
	readonly candidates: () => ReadonlySet<Templates>;
	readonly proven: () => Templates | undefined;
	/** What is wrong with newer ones. */
	readonly broken: () => readonly Problem[];
	/** A process runs with what these templates wrote: they are what to go on with when newer ones are broken. */
	readonly prove: (templates: Templates) => Promise<readonly Problem[]>;
	/**
	 * No process would start with what these templates wrote, though the parser had accepted it. True when there are proven
	 * ones to try in their place; the problems stay until templates are read again.
	 */
	readonly distrust: (templates: Templates, problems: readonly Problem[]) => boolean;
};

export function createTrust(ports: Ports["templates"]): Trust {
	let newest: Templates | undefined;
	let proven: Templates | undefined;
	let broken: readonly Problem[] = [];

	async function readAgain(): Promise<void> {
		proven ??= await ports.kept();
		try {
			newest = await ports.load();
			broken = [];
		} catch (thrown) {
			if (!(thrown instanceof AppError)) throw thrown;
			newest = undefined;
			broken = [templateProblem(thrown)];
		}
	}

	async function prove(templates: Templates): Promise<readonly Problem[]> {
		if (templates === proven) return [];
		proven = templates;
		return await ports.keep(templates);
	}

	function distrust(templates: Templates, problems: readonly Problem[]): boolean {
		if (proven === undefined || templates === proven) return false;
		newest = undefined;
		broken = problems;
		return true;
	}

	return {
		readAgain,
		candidates: () => new Set([newest, proven].filter((templates) => templates !== undefined)),
		proven: () => proven,
		broken: () => broken,
		prove,
		distrust,
	};
}

export function templateProblem(error: AppError): Problem {
	return {
		code: error.code,
		severity: "problem",
		subject: "templates",
		message: error.message,
		hint: error.hint ?? "mend the template; until then the last good one is used",
	};
}
