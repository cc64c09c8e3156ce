import type { ScalerPorts } from "../autoscale/ports.ts";
import type { Source } from "../autoscale/source.ts";
import { cloneOf } from "../model/clone.ts";
import type { Container } from "../model/container.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import { scalePolicyOf } from "../model/scaled-pools.ts";
import { container, idOf } from "./containers.ts";
import { firstClone, savedTemplate } from "./templates.ts";

/** An original that is a server. */
export function original(
	name: string,
	over: Partial<ScaledMember & { container: Container }> = {},
): ScaledMember {
	return {
		container: container(name),
		clone: undefined,
		server: `${name}-server`,
		failed: false,
		aside: false,
		drainMs: 10_000,
		isBound: false,
		...over,
	};
}

/** A clone of `web` that is a server. */
export function cloned(
	ordinal: number,
	over: Partial<ScaledMember> = {},
	generation = "0a1b2c3d4e5f",
): ScaledMember {
	const name = `web-scale-${ordinal}`;
	const clone = { cloneOf: idOf("web"), generation, ordinal, owner: "proxy-1" };
	return { ...original(name), clone, ...over };
}

/** What clones of `web` are made of. */
export function sourceFor(over: Partial<Source> = {}, image?: string): Source {
	const template = savedTemplate("many-options", (inspected) => {
		[inspected.Id, inspected.Name, inspected.Image] = [idOf("web"), "/web", image ?? inspected.Image];
	});
	const { ordinal: _, ...order } = firstClone;
	const cloning = cloneOf(template, firstClone);
	const wishes = { scale: { min: 1, max: 8 } };
	const policy = scalePolicyOf(wishes) ?? {
		...wishes.scale,
		target: 1,
		queueMs: 1,
		readyMs: 1,
		idleMs: 1,
		mode: "auto",
	};
	return {
		asked: { policy, wishes, original: container("web") },
		template,
		order,
		generation: cloning.kind === "clone" ? cloning.generation : undefined,
		...over,
	};
}

/** An engine that does all that is asked of it, and writes it down. */
export function willingReplicas(calls: string[], over: Partial<ScalerPorts["replicas"]> = {}) {
	const replicas: ScalerPorts["replicas"] = {
		template: async () => undefined,
		inspect: async () => undefined,
		leftovers: async () => [],
		create: async (name) => {
			calls.push(`create ${name}`);
			return { kind: "created", id: name };
		},
		start: async (id) => {
			calls.push(`start ${id}`);
			return { kind: "done" };
		},
		stop: async (id, seconds) => {
			calls.push(`stop ${id} within ${seconds} s`);
			return { kind: "done" };
		},
		remove: async (id) => {
			calls.push(`remove ${id}`);
			return { kind: "done" };
		},
		...over,
	};
	return replicas;
}
