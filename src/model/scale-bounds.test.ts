import fc from "fast-check";
import { expect, test } from "vitest";
import { observation, sample, scalePolicy } from "../testing/scaling.ts";
import { decide, noMemory, type ScaleDecision } from "./scale.ts";

/* Whatever happens to a pool that does what is decided. */

const second = fc.record({
	load: fc.option(
		fc.record({
			inFlight: fc.nat(300),
			queued: fc.constantFrom(0, 0, 0, 40),
			requests: fc.nat(10_000),
			responseMs: fc.nat(2_000),
			queueMs: fc.nat(400),
		}),
		{ freq: 8 },
	),
	dies: fc.boolean(),
	unhealthy: fc.constantFrom(0, 0, 0, 1, 5),
	rolloutUnderWay: fc.constantFrom(false, false, false, true),
	canStart: fc.constantFrom(100, 100, 1, 0),
	seconds: fc.constantFrom(1, 5, 70),
});
const bounds = fc.tuple(fc.nat(4), fc.integer({ min: 4, max: 12 })).map(([min, max]) => ({ min, max }));

type Event = typeof second extends fc.Arbitrary<infer Value> ? Value : never;
type Seen = { readonly decision: ScaleDecision; readonly event: Event };

/** Everything that was decided while these things happened; newcomers are ready a second later. */
function lived(
	over: { readonly min: number; readonly max: number },
	events: readonly Event[],
): readonly Seen[] {
	const policy = { ...scalePolicy, ...over };
	const seen: Seen[] = [];
	let memory = noMemory;
	let [now, ready] = [0, policy.min];
	for (const event of events) {
		if (event.dies && ready > 0) ready -= 1;
		for (let each = 0; each < event.seconds; each += 1) {
			now += 1_000;
			const samples = event.load === null ? [] : [sample({ ...event.load, at: now })];
			const { unhealthy, rolloutUnderWay, canStart } = event;
			const decided = decide(
				policy,
				memory,
				observation({ now, samples, ready, unhealthy, rolloutUnderWay, canStart }),
			);
			memory = decided.memory;
			seen.push({ decision: decided.decision, event });
			ready += decided.decision.kind === "down" ? -decided.decision.by : decided.decision.by;
		}
	}
	return seen;
}

function always(holds: (seen: Seen) => boolean): void {
	const days = fc.tuple(bounds, fc.array(second, { maxLength: 12 }));
	fc.assert(
		fc.property(days, ([over, events]) => lived(over, events).every(holds)),
		{ numRuns: 60, seed: 1 },
	);
}

function sizeAfter({ kind, by, present }: ScaleDecision): number {
	return present + (kind === "down" ? -by : by);
}

test("never more than max by a decision, and never fewer than min, or than one that serves", () => {
	always(({ decision }) => {
		const { kind, policy, by, present, serving } = decision;
		if (kind === "hold") return by === 0;
		if (kind !== "down") return by > 0 && sizeAfter(decision) <= policy.max;
		const spared = present > policy.max ? sizeAfter(decision) : serving - by;
		return by > 0 && spared >= Math.max(1, policy.min);
	});
});

test("below min is mended at once, whatever the load, as far as the host can bear", () => {
	always(({ decision: { kind, by, present, policy }, event }) => {
		if (present >= policy.min || event.canStart === 0) return true;
		return kind === "mend" && by === Math.min(policy.min - present, event.canStart);
	});
});

test("load changes nothing while there are no samples, a rollout is under way, or most are unhealthy", () => {
	always(({ decision: { kind, demand, present, policy, observed } }) => {
		const isDark = demand === undefined || observed.rolloutUnderWay || observed.unhealthy > observed.ready;
		return !isDark || kind === "hold" || kind === "mend" || (kind === "down" && present > policy.max);
	});
});

test("none is taken away while requests are queued, but for a lowered max", () => {
	always(({ decision: { kind, demand, present, policy } }) => {
		return kind !== "down" || demand?.queued === 0 || present > policy.max;
	});
});

test("no more are started than the host can bear", () => {
	always(({ decision: { kind, by }, event }) => !["up", "mend"].includes(kind) || by <= event.canStart);
});

test("a decision can be written down and read again", () => {
	const { decision, memory } = decide(scalePolicy, noMemory, observation({ samples: [sample()] }));

	expect(JSON.parse(JSON.stringify(memory)).watch.newest).toEqual(memory.watch.newest);
	expect(JSON.stringify(decision)).not.toContain("null");
});
