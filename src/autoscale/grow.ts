import { type CloneOrder, type Cloning, cloneOf } from "../model/clone.ts";
import type { Template } from "../model/template.ts";
import type { ReplicasPort } from "./ports.ts";

export type Grown =
	| { readonly kind: "started"; readonly id: string; readonly name: string }
	/** Somebody has one of that name. */
	| { readonly kind: "exists" }
	| { readonly kind: "denied"; readonly message: string }
	/** Its original was told to stop meanwhile. */
	| { readonly kind: "in doubt" }
	| Extract<Cloning, { kind: "refused" }>;

/** Makes one clone and starts it. Throws `AppError` as the engine does; what was made and can't be started, or is not to be, is removed again. */
export async function grow(
	template: Template,
	order: CloneOrder,
	replicas: ReplicasPort,
	isInDoubt: () => boolean,
	signal: AbortSignal,
): Promise<Grown> {
	const cloning = cloneOf(template, order);
	if (cloning.kind === "refused") return cloning;
	const made = await replicas.create(cloning.name, cloning.body, signal);
	if (made.kind !== "created") return made;
	try {
		// A busy engine takes seconds to make one.
		const started = isInDoubt() ? ({ kind: "in doubt" } as const) : await replicas.start(made.id, signal);
		if (started.kind === "done") return { kind: "started", id: made.id, name: cloning.name };
		await replicas.remove(made.id, signal);
		return started;
	} catch (thrown) {
		await replicas.remove(made.id, signal).catch(() => undefined);
		throw thrown;
	}
}
