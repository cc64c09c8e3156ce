import { expect, test } from "vitest";
import { createLog } from "../log.ts";
import type { Container } from "../model/container.ts";
import type { PoolLoad } from "../model/pool-load.ts";
import type { ScalePolicy } from "../model/scale-policy.ts";
import type { ScaledMember } from "../model/scaled-pools.ts";
import type { Usage } from "../model/usage.ts";
import { createFakeClock, settled } from "../testing/fake-clock.ts";
import { original, sourceFor } from "../testing/scaled-members.ts";
import { scalePolicy } from "../testing/scaling.ts";
import type { UsagePort } from "./ports.ts";
import { countedBy, createProcessors } from "./processors.ts";

const { signal } = new AbortController();
const policy = { ...scalePolicy, cpu: 0.7 };

/** An engine of two processors, on which a test says what each container has used. */
function measuring(...members: readonly ScaledMember[]) {
	const clock = createFakeClock();
	const warnings: string[] = [];
	const log = createLog("warn", { write: (line) => void warnings.push(JSON.parse(line).msg) });
	const used = new Map<string, number>();
	const asked: (readonly string[])[] = [];
	const now = {
		members,
		load: undefined as PoolLoad | undefined,
		/** What the engine's clock is ahead of ours. */
		aheadMs: 0,
		answer: undefined as ReturnType<UsagePort> | undefined,
	};
	const usage: UsagePort = async (ids) => {
		asked.push(ids);
		if (now.answer !== undefined) return await now.answer;
		const usageOf = (usedMs: number): Usage => ({ at: clock.wall() + now.aheadMs, usedMs, machine: 2 });
		const told = ids.flatMap((id) => {
			const usedMs = used.get(id);
			return usedMs === undefined ? [] : [[id, usageOf(usedMs)] as const];
		});
		return { kind: "told", usages: new Map(told) };
	};
	const processors = createProcessors({ usage, clock, log });

	/** So many seconds, in each of which these have used so many milliseconds. */
	async function pass(seconds: number, uses: readonly number[]): Promise<void> {
		for (let second = 0; second < seconds; second += 1) {
			await clock.advance(1_000);
			members.forEach(({ container: { id } }, index) => {
				used.set(id, (used.get(id) ?? 1) + (uses[index] ?? 0));
			});
			await look();
		}
	}

	async function look(over: ScalePolicy = policy): Promise<void> {
		processors.follow(over, { pool: "nodes", members: now.members, sleeping: [] }, now.load, signal);
		await settled();
	}

	return { ...processors, clock, warnings, asked, now, used, pass, look };
}

/** Half a processor is its limit, unless it is said otherwise. */
function limited(name: string, over: Partial<Container> = {}): ScaledMember {
	const member = original(name);
	return { ...member, container: { ...member.container, processors: 0.5, ...over } };
}

test("a share is what was used between two answers, of what the container may use", async () => {
	const { pass, share } = measuring(limited("web"));
	await pass(1, [100]);
	expect(share()).toBeUndefined();
	await pass(2, [100]);
	expect(share()).toBeCloseTo(0.2);
	await pass(2, [400]);
	expect(share()).toBeCloseTo(0.8);
});

test("the mean is that of those that are ready, each of its own limit", async () => {
	const { processors: _, ...unlimited } = limited("b").container;
	const b = { ...limited("b"), container: unlimited };
	const c = { ...limited("c"), server: undefined };
	const { pass, share, now } = measuring(limited("a"), b, c);
	await pass(3, [250, 1_000, 500]);
	expect(share()).toBeCloseTo(0.5);

	now.load = {
		pool: "nodes",
		held: undefined,
		queued: 0,
		requests: 0,
		queueMs: 0,
		responseMs: 0,
		servers: [],
	};
	now.load = { ...now.load, servers: [{ server: "b-server", current: 0, open: false }] };
	await pass(1, [250, 0, 0]);
	expect(share()).toBeCloseTo(0.5);
	await pass(1, [100, 0, 0]);
	expect(share()).toBeCloseTo(0.35);
});

test("one that becomes ready is known by then, and one that is not known yet makes the mean unknown", async () => {
	const [a, b] = [limited("a"), limited("b")];
	const { pass, share, now } = measuring(a, b);
	now.members = [a, { ...b, server: undefined }];
	await pass(3, [100, 500]);
	expect(share()).toBeCloseTo(0.2);
	now.members = [a, b];
	await pass(1, [100, 500]);
	expect(share()).toBeCloseTo(0.6);
	now.members = [a, b, limited("c")];
	await pass(1, [100, 500]);
	expect(share()).toBeUndefined();
});

test("who leaves is out of the mean at once", async () => {
	const [a, b] = [limited("a"), limited("b")];
	const { pass, share, now } = measuring(a, b);
	await pass(3, [100, 500]);
	now.members = [a];
	await pass(1, [100, 500]);
	expect(share()).toBeCloseTo(0.2);
});

test.each([
	["is started again", { startedAt: "2026-01-01T00:01:00Z" }],
	["counts from the beginning", {}],
])("one that %s has no share until there are two answers", async (_, over) => {
	const { pass, share, now, used } = measuring(limited("web"));
	await pass(3, [400]);
	const { id } = limited("web").container;
	now.members = [limited("web", over)];
	used.set(id, "startedAt" in over ? 5_000 : 0);
	await pass(2, [100]);
	expect(share()).toBeUndefined();
	await pass(2, [100]);
	expect(share()).toBeCloseTo(0.2);
});

test("more than the limit is all of it, and a clock that was set back tells nothing", async () => {
	const { pass, share, now } = measuring(limited("web"));
	await pass(3, [505]);
	expect(share()).toBe(1);
	now.aheadMs = -60_000;
	await pass(2, [100]);
	expect(share()).toBeUndefined();
	await pass(2, [100]);
	expect(share()).toBeCloseTo(0.2);
});

test("an engine that is silent for long is asked no further until it answers, and what it said gets old", async () => {
	const { pass, share, now, asked, warnings, canTell } = measuring(limited("web"));
	await pass(3, [100]);
	const pending = Promise.withResolvers<Awaited<ReturnType<UsagePort>>>();
	now.answer = pending.promise;
	await pass(2, [100]);
	const before = asked.length;
	await pass(7, [100]);
	expect([share(), asked.length]).toEqual([expect.closeTo(0.2), before]);
	await pass(3, [100]);
	expect(share()).toBeUndefined();

	now.answer = undefined;
	pending.reject(new Error("no answer within 5 s"));
	await pass(30, [100]);
	expect(asked).toHaveLength(before);
	expect(canTell()).toBe(true);
	await pass(40, [100]);
	expect(share()).toBeCloseTo(0.2);
	expect(warnings).toEqual(["what its containers use of the processors is not known: no answer within 5 s"]);
});

test("every two seconds is often enough, and where the load decides nothing nobody is asked", async () => {
	const { pass, asked, look, clock } = measuring(limited("web"));
	await pass(20, [100]);
	expect(asked).toHaveLength(10);
	for (const other of [{ ...policy, min: 8 }, scalePolicy]) {
		await clock.advance(2_000);
		await look(other);
	}
	expect(asked).toHaveLength(10);
});

test("one that is paused is not asked for", async () => {
	const { pass, asked } = measuring(limited("web"), limited("idle", { state: "paused" }));
	await pass(1, [100]);
	expect(asked).toEqual([[limited("web").container.id]]);
});

test("an engine that refuses is asked again a minute later, and that is said once", async () => {
	const { pass, share, now, asked, warnings, canTell } = measuring(limited("web"));
	expect(canTell()).toBe(false);
	await pass(3, [100]);
	expect(canTell()).toBe(true);
	now.answer = Promise.resolve({ kind: "denied", message: "not here" });
	await pass(2, [100]);
	const before = asked.length;
	expect(canTell()).toBe(false);
	await pass(59, [100]);
	expect([share(), asked.length]).toEqual([undefined, before]);
	await pass(61, [100]);
	expect(warnings).toEqual(["what its containers use of the processors is not known: not here"]);

	now.answer = undefined;
	await pass(65, [100]);
	expect([canTell(), share()]).toEqual([true, expect.closeTo(0.2)]);
});

test("by default processors count while the engine tells of them, and where a label asks for it in any case", () => {
	const { asked } = sourceFor();
	const byDefault = { ...asked, policy };
	const asLabelled = { ...byDefault, wishes: { ...asked.wishes, "scale.cpu": 0.7 } };
	const [tells, refuses] = [{ canTell: () => true }, { canTell: () => false }];

	expect(countedBy(byDefault, tells).cpu).toBe(0.7);
	expect(countedBy(byDefault, refuses)).toEqual(scalePolicy);
	expect(countedBy(asLabelled, refuses).cpu).toBe(0.7);
});
