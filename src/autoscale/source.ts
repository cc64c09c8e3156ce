import type { Draft } from "../model/build.ts";
import { type CloneOrder, cloneOf } from "../model/clone.ts";
import { type LabelLanguage, readLabels } from "../model/labels.ts";
import type { PoolMemory } from "../model/scale-memory.ts";
import { type Asked, scalePolicyOf } from "../model/scaled-pools.ts";
import type { Template } from "../model/template.ts";
import type { Ends } from "./ends.ts";
import type { ScalerPorts } from "./ports.ts";

/** Whose clones are made now, and what of. */
export type Source = {
	readonly asked: Asked;
	readonly template: Template;
	readonly order: Omit<CloneOrder, "ordinal">;
	/** Undefined where it can't be cloned. */
	readonly generation: string | undefined;
};

/** What is written on clones, and how they are known again. */
export type Marking = { readonly prefix: string; readonly owner: string };

/**
 * The source for what a pool asks now. An original that has failed is one still, as long as it is there and nobody has stopped
 * it.
 */
export async function sourceOf(
	asked: Asked | undefined,
	before: Source | undefined,
	{ ends, replicas, marking }: Parts,
	signal: AbortSignal,
): Promise<Source | undefined> {
	if (asked === undefined) return (await isStill(before, ends, replicas, signal)) ? before : undefined;
	const isKnown = before?.template.id === asked.original.id;
	const template = isKnown ? before.template : await replicas.template(asked.original.id, signal);
	return template === undefined ? before : sourceFrom(asked, template, marking);
}

/** The source that an earlier controller had; undefined where its original asks for no size that is understood now. */
export function sourceKept(
	{ original, template }: PoolMemory,
	language: LabelLanguage,
	marking: Marking,
): Source | undefined {
	const { wishes } = readLabels(original.labels, language, original.name);
	const policy = scalePolicyOf(wishes);
	return policy && sourceFrom({ policy, original, wishes }, template, marking);
}

function sourceFrom(asked: Asked, template: Template, marking: Marking): Source {
	const { wishes } = asked;
	const order = {
		...marking,
		compose: wishes["scale.compose"] ?? "join",
		volumes: wishes["scale.volumes"] ?? "refuse",
		ports: wishes["scale.ports"] ?? "refuse",
	} as const;
	const cloning = cloneOf(template, { ...order, ordinal: 1 });
	return { asked, template, order, generation: cloning.kind === "clone" ? cloning.generation : undefined };
}

/**
 * Somebody has told its original to stop, and it takes its time: that may be a `compose down`, which a clone that is made
 * meanwhile would outlive, and keep the project's networks.
 */
export function isInDoubt(
	{ template: { id } }: Source,
	draft: Draft | undefined,
	ends: Pick<Ends, "of">,
): boolean {
	const hasSay =
		draft?.standings.some((one) => one.container.id === id && one.hasSay && !one.lingers) ?? false;
	return !hasSay && ends.of(id) === "unknown";
}

type Parts = {
	readonly ends: Pick<Ends, "of" | "isRemoved">;
	readonly replicas: Pick<ScalerPorts["replicas"], "template">;
	readonly marking: Marking;
};

/** Its removal may have come while nobody listened. */
async function isStill(
	before: Source | undefined,
	ends: Parts["ends"],
	replicas: Parts["replicas"],
	signal: AbortSignal,
): Promise<boolean> {
	const id = before?.asked.original.id;
	if (id === undefined || ends.of(id) !== "failed" || ends.isRemoved(id)) return false;
	return (await replicas.template(id, signal)) !== undefined;
}
