import { docker } from "./docker.ts";
import { eventually } from "./eventually.ts";
import type { RunningProxy } from "./proxy.ts";

/** A line of the membership log, as JSON.parse gives it. */
export type MembershipLine = Readonly<
	Record<"time" | "role" | "name" | "id" | "address" | "pool" | "event" | "why", string>
>;

/** The lines kept in the state directory, oldest first. */
export async function keptLines({ name }: Pick<RunningProxy, "name">): Promise<readonly MembershipLine[]> {
	const file = "/var/lib/ballast/state/membership.log";
	return linesIn(await docker("exec", "--user", "10002:10002", name, "cat", file));
}

/** The lines on the container's standard output. */
export async function printedLines({ name }: RunningProxy): Promise<readonly MembershipLine[]> {
	return linesIn(await docker("logs", name));
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

/** All that the log says of a container, oldest first: `join: healthy`. */
export async function historyOf(proxy: RunningProxy, container: string): Promise<readonly string[]> {
	const about = (await keptLines(proxy)).filter(({ name }) => name === container);
	return about.map(({ event, why }) => `${event}: ${why}`);
}

function linesIn(text: string): readonly MembershipLine[] {
	return text
		.split("\n")
		.filter((line) => /^\{"time":.*"role":/.test(line))
		.map((line) => JSON.parse(line));
}
