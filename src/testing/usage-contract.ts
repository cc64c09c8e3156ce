import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createDockerClient } from "../docker/client.ts";
import type { ContractEngine } from "./docker-contract.ts";

/** What Ballast relies on of an engine when it asks what containers use of the processors. */
export function usageContract(open: () => Promise<ContractEngine>): void {
	const { signal } = new AbortController();
	const label = `contract-${randomUUID()}=yes`;

	test("tells what a container has used since its start, of how many processors, and when", async () => {
		await using engine = await open();
		const client = createDockerClient(engine.host);
		const id = await engine.start("app", label);
		const usageOf = async () => {
			const answer = await client.usage([id], signal);
			const usage = answer.kind === "told" ? answer.usages.get(id) : undefined;
			return usage ?? expect.fail(`nothing is told: ${JSON.stringify(answer)}`);
		};

		const first = await usageOf();
		await expect.poll(async () => (await usageOf()).at).toBeGreaterThan(first.at);

		const second = await usageOf();
		const passed = second.at - first.at;
		expect(first.usedMs).toBeGreaterThan(0);
		expect(second.usedMs).toBeGreaterThanOrEqual(first.usedMs);
		expect(second.usedMs - first.usedMs).toBeLessThanOrEqual(passed * first.machine + 10);
		expect(first.machine).toBeGreaterThanOrEqual(1);
		expect(Math.abs(first.at - Date.now())).toBeLessThan(60_000);
	});

	test("tells of those that run, and of no others", async () => {
		await using engine = await open();
		const client = createDockerClient(engine.host);
		const ids = [
			await engine.start("one", label),
			await engine.start("paused", label),
			await engine.start("ended", label),
		] as const;
		await engine.pause(ids[1]);
		await engine.stop(ids[2]);

		const answer = await client.usage([...ids, "f".repeat(64)], signal);

		const told = answer.kind === "told" ? [...answer.usages.keys()] : [answer.message];
		expect(told.toSorted()).toEqual([ids[0], ids[1]].toSorted());
		expect(await client.usage([], signal)).toEqual({ kind: "told", usages: new Map() });
	});
}
