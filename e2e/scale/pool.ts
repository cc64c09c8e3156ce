import { expect } from "vitest";
import type { ScaleAnswer } from "../../src/admin/scale.ts";
import type { ScaleDecision } from "../../src/model/scale.ts";
import { ask } from "../harness/ask.ts";
import { docker, inspect } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { keptLines } from "../harness/membership.ts";
import { joinLabelOf, type RunningProxy } from "../harness/proxy.ts";
import type { Sandbox } from "../harness/sandbox.ts";

/** Lets a proxy make and remove containers. */
export const scaling = ["-e", "BALLAST_SCALE=on"] as const;

/** The names of the sandbox's labelled containers that run, in order. */
export async function runningIn(sandbox: Sandbox): Promise<readonly string[]> {
	return await namesIn(sandbox, "ps");
}

/** Those that have ended, too. */
export async function allIn(sandbox: Sandbox): Promise<readonly string[]> {
	return await namesIn(sandbox, "ps", "--all");
}

async function namesIn(sandbox: Sandbox, ...command: readonly string[]): Promise<readonly string[]> {
	const filter = ["--filter", `label=${joinLabelOf(sandbox)}`];
	const names = await docker(...command, ...filter, "--format", "{{.Names}}");
	return names
		.split("\n")
		.filter((name) => name !== "")
		.toSorted();
}

/** Waits until these and no others run. */
export async function runs(sandbox: Sandbox, ...names: readonly string[]): Promise<void> {
	await eventually(async () => expect(await runningIn(sandbox)).toEqual(names.toSorted()));
}

/** Waits for a latest decision about the pool that is as wanted, and gives it. */
export async function decides(
	proxy: RunningProxy,
	isWanted: (decision: ScaleDecision) => boolean,
	pool = "nodes",
): Promise<ScaleDecision> {
	return await eventually(async () => {
		const { pools }: ScaleAnswer = JSON.parse((await ask(proxy, "scale")).scale);
		const last = pools.find((row) => row.pool === pool)?.decisions.at(-1);
		if (last !== undefined && isWanted(last)) return last;
		throw new Error(`the latest decision is another: ${last?.kind}: ${last?.why}`);
	});
}

/** What scaling did, oldest first: `scale-up <container>`. */
export async function deedsOf(proxy: RunningProxy): Promise<readonly string[]> {
	const lines = (await keptLines(proxy)) as readonly { readonly event: string; readonly name: string }[];
	return lines.filter(({ event }) => event.startsWith("scale-")).map(({ event, name }) => `${event} ${name}`);
}

export async function anonymousVolumesOf(container: string): Promise<readonly string[]> {
	const mounts = (await inspect(container, ".Mounts")) as readonly { readonly Name?: string }[];
	return mounts.flatMap(({ Name = "" }) => (/^[0-9a-f]{64}$/.test(Name) ? [Name] : []));
}
