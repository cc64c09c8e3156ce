import pMap from "p-map";
import { AppError, messageOf } from "../errors.ts";
import type { Container, Unreadable } from "../model/container.ts";
import type { DockerClient } from "./client.ts";
import { isSlow, statusOf } from "./unreachable.ts";

/** `id` is what was asked for; there is no such container when it is undefined. */
export type Found = { readonly id: string; readonly container: Container | undefined };

/** The engine answers, but not about this one: a dead container may give a 500 for ever, a locked one nothing. */
export type Unread = { readonly id: string; readonly failure: AppError };

/** Enough for the answers of a local engine to overlap, too few to trouble it. */
const concurrency = 8;

type Inspecting = Pick<DockerClient, "inspect">;
export type Seen = Found | Unread;

/**
 * Throws `AppError` when it may be the engine that can't be read, as when it refuses to tell of one that it has listed.
 * Of others, which need not carry our label, a guard before it may refuse to tell.
 */
export async function lookAt(
	client: Inspecting,
	ids: ReadonlySet<string>,
	listed: ReadonlySet<string>,
	signal: AbortSignal,
): Promise<readonly Seen[]> {
	const isAboutOne = (id: string) => (listed.has(id) ? isItsFault : isRefused);
	return await pMap(ids, (id) => look(client, id, isAboutOne(id), signal), { concurrency, signal });
}

async function look(
	client: Inspecting,
	id: string,
	isAboutOne: (failure: AppError) => boolean,
	signal: AbortSignal,
): Promise<Seen> {
	try {
		return { id, container: await client.inspect(id, signal) };
	} catch (thrown) {
		if (thrown instanceof AppError && isAboutOne(thrown)) return { id, failure: thrown };
		throw thrown;
	}
}

function isItsFault(failure: AppError): boolean {
	const { code, cause } = failure;
	const hasFailed = code === "docker-failed" && (statusOf(cause) ?? 0) >= 500;
	return hasFailed || code === "docker-nonsense" || isSlow(failure);
}

function isRefused(failure: AppError): boolean {
	return failure.code === "docker-failed" || isItsFault(failure);
}

export function isFound(seen: Seen): seen is Found {
	return !isUnread(seen);
}

export function isUnread(seen: Seen): seen is Unread {
	return "failure" in seen;
}

/** `before` is what was known of it; one that was never known goes by the beginning of its id. */
export function unreadableOf({ id, failure }: Unread, before: Container | undefined): Unreadable {
	return { id, name: before?.name ?? id.slice(0, 12), message: messageOf(failure) };
}
