import { AppError } from "../errors.ts";
import type { Fleet } from "../model/fleet.ts";
import type { Finding, Generation, Verdict } from "../model/generation.ts";
import { type Templates, templateLine } from "../render/engine.ts";
import { mapFaults } from "../render/map-faults.ts";
import type { ProxyOptions } from "../render/options.ts";
import { render } from "../render/render.ts";
import type { Ports } from "./ports.ts";
import type { Refusal } from "./quarantine.ts";

/** What HAProxy's parser says of fleets, each text asked about once. */
export type Verdicts = {
	/** A template that fails on this fleet refuses it, too. */
	readonly on: (fleet: Fleet, templates: Templates, signal: AbortSignal) => Promise<Judged>;
	readonly forget: () => void;
};

/** What the templates made of a fleet, where HAProxy's parser takes it. */
export type Judged = { readonly accepted: true; readonly generation: Generation } | Refusal;

/** More than one search for the servers at fault comes to. */
const most = 1_000;

export function createVerdicts(
	generations: Pick<Ports["generations"], "check">,
	options: ProxyOptions,
): Verdicts {
	const known = new Map<string, Verdict>();
	const fickleOnes = new WeakSet<Templates>();
	/** What each set of templates wrote last. */
	const written = new WeakMap<Templates, { readonly fleet: string; readonly id: string }>();

	async function on(fleet: Fleet, templates: Templates, signal: AbortSignal): Promise<Judged> {
		const rendered = renderedOrRefused(fleet, templates);
		if ("accepted" in rendered) return rendered;
		if (isFickle(templates, fleet, rendered.id)) return refusedBy(fickle);
		const verdict = known.get(rendered.id) ?? (await asked(rendered, templates, signal));
		return verdict.accepted ? { accepted: true, generation: rendered } : verdict;
	}

	async function asked(generation: Generation, templates: Templates, signal: AbortSignal): Promise<Verdict> {
		const verdict = refusedMap(generation) ?? (await generations.check(generation, signal));
		const told = verdict.accepted ? verdict : located(verdict, generation, templates);
		if (known.size >= most) known.clear();
		known.set(generation.id, told);
		return told;
	}

	function renderedOrRefused(fleet: Fleet, templates: Templates): Generation | Refusal {
		try {
			return render(fleet, options, templates);
		} catch (thrown) {
			if (!(thrown instanceof AppError)) throw thrown;
			return refusedBy(thrown.message);
		}
	}

	/** Each pass would reload HAProxy (promise 10). */
	function isFickle(templates: Templates, fleet: Fleet, id: string): boolean {
		const now = { fleet: JSON.stringify(fleet), id };
		const before = written.get(templates);
		if (before?.fleet === now.fleet && before.id !== id) fickleOnes.add(templates);
		written.set(templates, now);
		return fickleOnes.has(templates);
	}

	return { on, forget: () => known.clear() };
}

const fickle =
	"a template writes another text each time for the same servers: a clock, a random number? Without them, HAProxy is reloaded only when something changes";

function refusedMap(generation: Generation): Refusal | undefined {
	const findings = mapFaults(generation);
	const [first] = findings;
	return first && { accepted: false, findings, output: first.message };
}

function refusedBy(message: string): Refusal {
	return { accepted: false, findings: [{ file: "", line: 0, message }], output: message };
}

/** The same refusal, with the text of each line at fault and the template that wrote it. */
function located(verdict: Refusal, generation: Generation, templates: Templates): Refusal {
	return {
		...verdict,
		findings: verdict.findings.map((finding) => locatedFinding(finding, generation, templates)),
	};
}

function locatedFinding(finding: Finding, generation: Generation, templates: Templates): Finding {
	const text = generation.files.get(finding.file)?.split("\n")[finding.line - 1]?.trim() ?? "";
	if (text === "") return finding;
	const source = templateLine(templates, text);
	const where = source === undefined ? "" : `, written by ${source.file}:${source.line}`;
	return { ...finding, message: `${finding.message} (line ${finding.line} is \`${text}\`${where})` };
}
