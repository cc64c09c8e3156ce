import * as v from "valibot";
import { messageOf } from "../errors.ts";
import type { CloneBody } from "../model/clone.ts";
import type { Container } from "../model/container.ts";
import type { Template } from "../model/template.ts";
import { answerOf, fullId } from "./answer.ts";
import type { Docker, Engine } from "./engine.ts";
import { templateOf } from "./template.ts";
import { statusOf } from "./unreachable.ts";

/**
 * All that Ballast changes on an engine, and what it reads for that. Each call ends within its time limit, and throws
 * `AppError` where it surprises. A container that is as wanted already, or is gone, is no surprise.
 */
export type Replicas = {
	/** A container as it was asked for, to make clones of; undefined when there is none. */
	readonly template: (id: string, signal: AbortSignal) => Promise<Template | undefined>;
	/** Those with this label, `key=value`, that do not run: made and not started, or ended. */
	readonly leftovers: (label: string, signal: AbortSignal) => Promise<readonly Leftover[]>;
	/** Made, not started. `exists`: there is one of that name, which another controller may have made. */
	readonly create: (
		name: string,
		body: CloneBody,
		signal: AbortSignal,
	) => Promise<Created | { readonly kind: "exists" } | Denied>;
	readonly start: (id: string, signal: AbortSignal) => Promise<Done | Denied>;
	/** Its stop signal, and after so many seconds the end. */
	readonly stop: (id: string, seconds: number, signal: AbortSignal) => Promise<Done | Denied>;
	/** With its anonymous volumes. Throws when it runs: it has to be stopped first. */
	readonly remove: (id: string, signal: AbortSignal) => Promise<Done | Denied>;
};

export type Leftover = Pick<Container, "id" | "name" | "state" | "created" | "labels">;
export type Created = { readonly kind: "created"; readonly id: string };
export type Done = { readonly kind: "done" };
/** What stands before the engine does not let changes through. */
export type Denied = { readonly kind: "denied"; readonly message: string };

/** An engine under load takes seconds to make a container; one that is given up half-way would be left there. */
const slowness = 6;

const ended = ["created", "exited", "dead"] as const;

const listed = v.array(
	v.object({
		Id: fullId,
		Names: v.array(v.string()),
		State: v.picklist(ended),
		Created: v.number(),
		Labels: v.optional(v.nullable(v.record(v.string(), v.string()), {}), {}),
	}),
);

/** @param limitMs what a question may take */
export function createReplicas({ ask, inspect }: Engine, limitMs: number): Replicas {
	const changeMs = limitMs * slowness;

	/** `already`: the answers of an engine that mean there is nothing left to do. */
	async function change(
		call: (docker: Docker, abortSignal: AbortSignal) => Promise<unknown>,
		already: (cause: unknown) => boolean,
		signal: AbortSignal,
		limit = changeMs,
	): Promise<Done | Denied> {
		try {
			await ask(call, signal, limit);
			return { kind: "done" };
		} catch (thrown) {
			return already(causeOf(thrown)) ? { kind: "done" } : deniedOr(thrown);
		}
	}

	return {
		template: async (id, signal) => {
			const answer = await inspect(id, signal);
			return answer === undefined ? undefined : templateOf(answer);
		},
		leftovers: async (label, signal) => {
			const filters = { label: [label], status: [...ended] };
			const answer = await ask(
				(docker, abortSignal) => docker.listContainers({ all: true, filters, abortSignal }),
				signal,
			);
			return answerOf(listed, answer, "a list of containers").map(leftoverOf);
		},
		create: async (name, body, signal) => {
			try {
				const id = await ask(
					(docker, abortSignal) => create(docker, name, body, abortSignal),
					signal,
					changeMs,
				);
				return { kind: "created", id: answerOf(fullId, id, "the id of a new container") };
			} catch (thrown) {
				return statusOf(causeOf(thrown)) === 409 ? { kind: "exists" } : deniedOr(thrown);
			}
		},
		start: async (id, signal) =>
			await change((docker, abortSignal) => containerOf(docker, id).start({ abortSignal }), isSo, signal),
		stop: async (id, seconds, signal) =>
			await change(
				(docker, abortSignal) => containerOf(docker, id).stop({ t: seconds, abortSignal }),
				isSo,
				signal,
				seconds * 1000 + changeMs,
			),
		remove: async (id, signal) =>
			await change(
				(docker, abortSignal) => containerOf(docker, id).remove({ v: true, abortSignal }),
				isRemoved,
				signal,
			),
	};
}

/** Names in which there is another slash are those that others have given it in links. */
function leftoverOf({ Id, Names, State, Created, Labels }: v.InferOutput<typeof listed>[number]): Leftover {
	const names = Names.map((name) => name.replace(/^\//, ""));
	const name = names.find((one) => !one.includes("/")) ?? "";
	return { id: Id, name, state: State, created: new Date(Created * 1_000).toISOString(), labels: Labels };
}

/** An id or a name asks for that container and for nothing else. */
function containerOf(docker: Docker, id: string) {
	return docker.getContainer(encodeURIComponent(id));
}

async function create(
	docker: Docker,
	name: string,
	body: CloneBody,
	abortSignal: AbortSignal,
): Promise<unknown> {
	// Left to itself, dockerode writes the whole body into the URL as well, which is too long for a guard before the engine.
	const options = { _query: { name }, _body: body, abortSignal };
	return (await docker.createContainer(options)).id;
}

/** 304: it runs, or has stopped, already. */
function isSo(cause: unknown): boolean {
	return statusOf(cause) === 304 || isGone(cause);
}

/** 404 is also said of a network that a container needs to start. */
function isGone(cause: unknown): boolean {
	return statusOf(cause) === 404 && messageOf(cause).includes("No such container");
}

/** 409: `removal of container … is already in progress` (moby `daemon/delete.go`), or it runs. */
function isRemoved(cause: unknown): boolean {
	return isGone(cause) || (statusOf(cause) === 409 && messageOf(cause).includes("already in progress"));
}

function causeOf(thrown: unknown): unknown {
	return thrown instanceof Error ? thrown.cause : undefined;
}

function deniedOr(thrown: unknown): Denied {
	const status = statusOf(causeOf(thrown));
	if ([401, 403, 405].includes(status ?? 0)) return { kind: "denied", message: messageOf(thrown) };
	throw thrown;
}
