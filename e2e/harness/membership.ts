import { expect } from "vitest";
import { ask } from "./ask.ts";
import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { RunningProxy } from "./proxy.ts";

/** A line of the membership log, as JSON.parse gives it. */
export type MembershipLine = Readonly<
	Record<"time" | "role" | "name" | "id" | "address" | "pool" | "event" | "why", string>
>;

/** The lines kept in the state directory, oldest first. */
export async function keptLines(proxy: Pick<RunningProxy, "name">): Promise<readonly MembershipLine[]> {
	return membershipIn((await ask(proxy, "membership")).membership);
}

/** The lines on the container's standard output. */
export async function printedLines({ name }: RunningProxy): Promise<readonly MembershipLine[]> {
	return membershipIn(await docker("logs", name));
}

/** Waits for the latest line about a container to be of that event, and gives it. */
export async function lastLine(
	proxy: RunningProxy,
	container: string,
	event: "join" | "leave" | "failed",
): Promise<MembershipLine> {
	return eventually(async () => {
		const lines = await keptLines(proxy);
		const last = lines.findLast(({ name }) => name === container);
		if (last?.event === event) return last;
		throw new Error(`The last line about ${container} is no ${event}: ${JSON.stringify(last)}`);
	});
}

/** Waits until this is all that the log says of a container, oldest first: `join: healthy`. */
export async function hasHistory(
	proxy: RunningProxy,
	container: string,
	...expected: readonly string[]
): Promise<void> {
	await eventually(async () => expect(await historyOf(proxy, container)).toEqual(expected));
}

/** What it says of it now. */
export async function historyOf(proxy: RunningProxy, container: string): Promise<readonly string[]> {
	const about = (await keptLines(proxy)).filter(({ name }) => name === container);
	return about.map(({ event, why }) => `${event}: ${why}`);
}

/** Of a text that may have other lines, too. */
export function membershipIn(text: string): readonly MembershipLine[] {
	return text
		.split("\n")
		.filter((line) => /^\{"time":.*"role":/.test(line))
		.map((line) => JSON.parse(line));
}
