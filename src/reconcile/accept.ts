import { AppError } from "../errors.ts";
import { fleetOf } from "../model/build.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import type { Finding, Generation, Verdict } from "../model/generation.ts";
import type { Problem } from "../model/problem.ts";
import { type Templates, templateLine } from "../render/engine.ts";
import type { ProxyOptions } from "../render/options.ts";
import { render } from "../render/render.ts";
import type { Ports } from "./ports.ts";
import { quarantine, type Refusal, type RefusedMember } from "./quarantine.ts";

/** A generation that HAProxy accepts, or none, when even one without servers is refused. */
export type Acceptance = {
	readonly generation: Generation | undefined;
	readonly problems: readonly Problem[];
};

export type Accept = (
	fleet: Fleet,
	how: { readonly afresh: boolean },
	signal: AbortSignal,
) => Promise<Acceptance>;

/**
 * Renders fleets and asks HAProxy's parser about them, each text once. Remembers the last templates that were accepted,
 * to go on with when newer ones are broken, and the servers that were refused, to leave them out without asking again.
 * `afresh` reads the templates again and gives the refused another chance.
 */
export function createAccept(ports: Pick<Ports, "templates" | "generations">, options: ProxyOptions): Accept {
	let newest: Templates | undefined;
	let proven: Templates | undefined;
	let broken: readonly Problem[] = [];
	let quarantined = new Map<string, RefusedMember>();
	const acceptedIds = new Set<string>();

	return async (fleet, { afresh }, signal) => {
		if (afresh || newest === undefined) await startAfresh();
		const candidates = new Set([newest, proven].filter((templates) => templates !== undefined));
		let problems = broken;
		for (const templates of candidates) {
			const tried = await tryWith(templates, fleet, signal);
			if (tried.generation !== undefined) return { ...tried, problems: [...problems, ...tried.problems] };
			problems = [...problems, ...tried.problems];
		}
		return { generation: undefined, problems };
	};

	async function startAfresh(): Promise<void> {
		quarantined = new Map();
		acceptedIds.clear();
		try {
			newest = await ports.templates.load();
			broken = [];
		} catch (thrown) {
			if (!(thrown instanceof AppError)) throw thrown;
			newest = undefined;
			broken = [templateProblem(thrown)];
		}
	}

	async function tryWith(templates: Templates, fleet: Fleet, signal: AbortSignal): Promise<Acceptance> {
		const hopeful = fleetOf(membersOf(fleet).filter(({ server }) => !quarantined.has(server.name)));
		const result = await quarantine(hopeful, (part) => verdictOn(part, templates, signal));
		if (result.kind === "refused")
			return { generation: undefined, problems: [refusalProblem(result.verdict)] };

		for (const refused of result.refused) quarantined.set(refused.member.server.name, refused);
		proven = templates;
		const out = membersOf(fleet).flatMap(({ server }) => quarantined.get(server.name) ?? []);
		return {
			generation: render(result.fleet, options, templates),
			problems: out.map(quarantineProblem),
		};
	}

	async function verdictOn(fleet: Fleet, templates: Templates, signal: AbortSignal): Promise<Verdict> {
		const rendered = renderedOrRefused(fleet, templates);
		if ("accepted" in rendered) return rendered;
		if (acceptedIds.has(rendered.id)) return { accepted: true };
		const verdict = await ports.generations.check(rendered, signal);
		if (!verdict.accepted) return located(verdict, rendered, templates);
		remember(rendered.id);
		return verdict;
	}

	function renderedOrRefused(fleet: Fleet, templates: Templates): Generation | Verdict {
		try {
			return render(fleet, options, templates);
		} catch (thrown) {
			if (!(thrown instanceof AppError)) throw thrown;
			return {
				accepted: false,
				findings: [{ file: "", line: 0, message: thrown.message }],
				output: thrown.message,
			};
		}
	}

	function remember(id: string): void {
		if (acceptedIds.size > 100) acceptedIds.clear();
		acceptedIds.add(id);
	}
}

function templateProblem(error: AppError): Problem {
	return {
		code: error.code,
		severity: "problem",
		subject: "templates",
		message: error.message,
		hint: error.hint ?? "mend the template; until then the last good one is used",
	};
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

function refusalProblem({ findings, output }: Refusal): Problem {
	return {
		code: "configuration-refused",
		severity: "problem",
		subject: "haproxy.cfg",
		message: `HAProxy refuses the configuration: ${findings[0]?.message ?? output}`,
		hint: "mend the template or the setting; until then the last good configuration stays in force",
	};
}

function quarantineProblem({ member, finding }: RefusedMember): Problem {
	return {
		code: "quarantined",
		severity: "problem",
		subject: member.server.container.name,
		message: `HAProxy refuses the configuration with this container in it: ${finding?.message ?? "no reason given"}`,
		hint: "it is left out, all others are served; mend the template or the container's labels",
	};
}
