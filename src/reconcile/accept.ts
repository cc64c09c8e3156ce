import { AppError } from "../errors.ts";
import { partOf } from "../model/build.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import type { Generation } from "../model/generation.ts";
import type { Problem } from "../model/problem.ts";
import type { Templates } from "../render/engine.ts";
import type { ProxyOptions } from "../render/options.ts";
import { outdated } from "../render/outdated.ts";
import { render } from "../render/render.ts";
import type { Ports } from "./ports.ts";
import { quarantine, type Refusal, type RefusedMember } from "./quarantine.ts";
import { createTrust, type Trust, templateProblem } from "./trust.ts";
import { createVerdicts } from "./verdicts.ts";

/** A generation that HAProxy's parser accepts, and the templates that wrote it. */
export type Accepted = { readonly generation: Generation; readonly templates: Templates };

/** Nothing is accepted when the fault is in the templates or the settings. */
export type Acceptance = { readonly accepted: Accepted | undefined; readonly problems: readonly Problem[] };

export type How = {
	/** Read the templates again, and give the refused another chance. */
	readonly afresh: boolean;
	/** Whether a generation is in force that can stay so. */
	readonly lastGood: boolean;
};

export type Accept = Pick<Trust, "prove" | "distrust"> & {
	readonly accept: (fleet: Fleet, how: How, signal: AbortSignal) => Promise<Acceptance>;
	/** The fleet without those that were refused already. */
	readonly hopeful: (fleet: Fleet) => Fleet;
	/** A fleet in a structure that a process has loaded already; undefined when it comes to another one, or is refused. */
	readonly within: (structure: string, fleet: Fleet, signal: AbortSignal) => Promise<Generation | undefined>;
};

type AcceptPorts = {
	readonly templates: Ports["templates"];
	readonly generations: Pick<Ports["generations"], "check">;
};

/**
 * Renders fleets and asks HAProxy's parser about them. Goes on with the last templates that a process has loaded when newer ones
 * are broken, and remembers the servers that were refused, to leave them out without asking again. Templates that serve
 * everyone come before those that don't, and servers are left out only when none does (promise 7).
 */
export function createAccept(ports: AcceptPorts, options: ProxyOptions): Accept {
	const verdicts = createVerdicts(ports.generations, options);
	const trust = createTrust(ports.templates);
	let quarantined = new Map<string, RefusedMember>();

	async function accept(fleet: Fleet, { afresh, lastGood }: How, signal: AbortSignal): Promise<Acceptance> {
		if (afresh || trust.candidates().size === 0) await startAfresh();
		const hopeful = without(quarantined, fleet);
		const tried = (await withEveryone(hopeful, signal)) ?? (await withSome(hopeful, lastGood, signal));
		const out = membersOf(fleet).flatMap(({ server }) => quarantined.get(server.name) ?? []);
		const found = [...tried.problems, ...lackingIn(tried.accepted), ...out.map(quarantineProblem)];
		return { ...tried, problems: [...trust.broken(), ...found] };
	}

	async function within(
		structure: string,
		fleet: Fleet,
		signal: AbortSignal,
	): Promise<Generation | undefined> {
		const proven = trust.proven();
		const verdict = proven && (await verdicts.on(fleet, proven, signal));
		const isSame = verdict?.accepted && verdict.generation.structure === structure;
		return isSame ? verdict.generation : undefined;
	}

	async function startAfresh(): Promise<void> {
		quarantined = new Map();
		verdicts.forget();
		await trust.readAgain();
	}

	async function withEveryone(fleet: Fleet, signal: AbortSignal): Promise<Acceptance | undefined> {
		const problems: Problem[] = [];
		for (const templates of trust.candidates()) {
			const verdict = await verdicts.on(fleet, templates, signal);
			if (verdict.accepted) return { accepted: { ...verdict, templates }, problems };
			problems.push(refusalProblem(verdict));
		}
		return undefined;
	}

	async function withSome(fleet: Fleet, lastGood: boolean, signal: AbortSignal): Promise<Acceptance> {
		const problems: Problem[] = [];
		for (const templates of trust.candidates()) {
			const result = await quarantine(fleet, (part) => verdicts.on(part, templates, signal), !lastGood);
			if (result.kind === "served") {
				for (const refused of result.refused) quarantined.set(refused.member.server.name, refused);
				const generation = render(result.fleet, options, templates);
				return { accepted: { generation, templates }, problems };
			}
			problems.push(refusalProblem(result.verdict));
		}
		return { accepted: undefined, problems };
	}

	const { prove, distrust } = trust;
	return { accept, hopeful: (fleet) => without(quarantined, fleet), within, prove, distrust };
}

function lackingIn(accepted: Accepted | undefined): readonly Problem[] {
	return accepted === undefined ? [] : outdated(accepted.generation, accepted.templates);
}

function without(quarantined: ReadonlyMap<string, RefusedMember>, fleet: Fleet): Fleet {
	const members = membersOf(fleet);
	const others = members.filter(({ server }) => !quarantined.has(server.name));
	return others.length === members.length ? fleet : partOf(fleet, others);
}

function refusalProblem({ findings, output }: Refusal): Problem {
	const [finding] = findings;
	if (finding?.file === "") return templateProblem(new AppError("template-broken", finding.message));
	return {
		code: "configuration-refused",
		severity: "problem",
		subject: "haproxy.cfg",
		message: `HAProxy refuses the configuration: ${finding?.message ?? output}`,
		hint: "mend the template or the setting; until then the last good one stays in force",
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
