import type { ScaleAnswer, ScaleRow } from "../admin/scale.ts";
import type { ScaleDecision } from "../model/scale.ts";
import type { Signal } from "../model/scale-demand.ts";

/** The latest decisions of a pool, newest last, each with every number that went in: by the names that `--json` has, times shortened. */
export function scaleExplained({ pool, decisions }: ScaleRow, clock: ScaleAnswer["clock"]): string {
	const told = decisions.map((decision) => {
		const time = new Date(clock.wall - clock.now + decision.observed.now).toISOString().slice(11, 19);
		const rows = rowsOf(decision).map(([name, facts]) => `    ${name.padEnd(8)}${facts.join(" ")}`);
		return [`  ${time}Z ${verdictText(decision)}`, ...rows].join("\n");
	});
	return [pool, ...(told.length === 0 ? ["  nothing decided yet"] : told)].join("\n");
}

export function verdictText({ kind, by, why, advice }: ScaleDecision): string {
	const act = kind === "hold" ? "hold" : `${kind} ${by}`;
	return `${advice ? "would " : ""}${act}: ${why}`;
}

/** What is in none of the named parts is shown as well, so nothing that the law comes to know is left out. */
function rowsOf(decision: ScaleDecision): readonly (readonly [name: string, facts: readonly string[]])[] {
	const { policy, observed, demand, serving, present, highest, pace, ...rest } = decision;
	const { kind: _, by: _by, why: _why, advice: _advice, ...limits } = rest;
	const { now, canStart, room, failures, measuredReadyMs, rolloutUnderWay, ...counts } = observed;
	const { ready, starting, draining, unhealthy, ...others } = counts;
	const there = { ready, starting, draining, unhealthy, ...others, serving, present };
	const { signals = [], want, ...load } = demand ?? {};
	const facts = factsSince(now);
	return [
		["asked", facts(policy)],
		["there", facts({ ...there, rolloutUnderWay })],
		["load", demand === undefined ? ["unknown"] : facts(load)],
		["wanted", [...signals.map(signalText), ...facts({ want, highest })]],
		[
			"limits",
			[
				`canStart=${canStart} (${room})`,
				...facts({ measuredReadyMs }),
				`pace=+${pace.up}/-${pace.down}`,
				`failures=${failures.count}`,
				...(failures.count === 0 ? [] : [`lastFailure=${duration(now - failures.lastAt)} ago`]),
				...facts(limits),
			],
		],
	];
}

function signalText({ name, amount, target, load, want }: Signal): string {
	return `${name}=${round(amount)}/${round(target)}=${round(load)}→${want}`;
}

/** What is undefined is left out. */
function factsSince(now: number): (values: object) => readonly string[] {
	return (values) => Object.entries(values).flatMap(([name, value]) => factText(name, value, now));
}

/** `…Ms` is a time, `…Until` one that is still to pass. */
function factText(name: string, value: unknown, now: number): readonly string[] {
	if (typeof value === "boolean") return [`${name}=${value ? "yes" : "no"}`];
	if (typeof value === "string") return [`${name}=${value}`];
	if (typeof value !== "number") return [];
	if (name.endsWith("Ms")) return [`${name.slice(0, -"Ms".length)}=${duration(value)}`];
	if (name.endsWith("Until")) return [`${name.slice(0, -"Until".length)}=${duration(value - now)}`];
	return [`${name}=${round(value)}`];
}

function duration(ms: number): string {
	return ms < 1_000 ? `${Math.round(ms)}ms` : `${Math.round(ms / 100) / 10}s`;
}

function round(value: number): number {
	return Math.round(value * 100) / 100;
}
