import pMap from "p-map";
import { AppError, messageOf } from "../errors.ts";
import type { Container, Unreadable } from "../model/container.ts";
import type { DockerClient } from "./client.ts";
import { statusOf } from "./unreachable.ts";

/** `id` is what was asked for; there is no such container when it is undefined. */
export type Found = { readonly id: string; readonly container: Container | undefined };

/** The engine answers, but not about this one: a dead container may give a 500 for ever. */
export type Unread = { readonly id: string; readonly failure: AppError };

/** Enough for the answers of a local engine to overlap, too few to trouble it. */
const concurrency = 8;

/** Throws `AppError` when it may be the engine that can't be read. */
export async function lookAt(
	client: Pick<DockerClient, "inspect">,
	ids: ReadonlySet<string>,
	signal: AbortSignal,
): Promise<readonly (Found | Unread)[]> {
	return await pMap(ids, (id) => look(client, id, signal), { concurrency, signal });
}

async function look(
	client: Pick<DockerClient, "inspect">,
	id: string,
	signal: AbortSignal,
): Promise<Found | Unread> {
	try {
		return { id, container: await client.inspect(id, signal) };
	} catch (thrown) {
		if (thrown instanceof AppError && isAboutOne(thrown)) return { id, failure: thrown };
		throw thrown;
	}
}

function isAboutOne({ code, cause }: AppError): boolean {
	return code === "docker-nonsense" || (code === "docker-failed" && (statusOf(cause) ?? 0) >= 500);
}

export function isFound(seen: Found | Unread): seen is Found {
	return !isUnread(seen);
}

export function isUnread(seen: Found | Unread): seen is Unread {
	return "failure" in seen;
}

/** `before` is what was known of it; one that was never known goes by the beginning of its id. */
export function unreadableOf({ id, failure }: Unread, before: Container | undefined): Unreadable {
	return { id, name: before?.name ?? id.slice(0, 12), message: messageOf(failure) };
}
