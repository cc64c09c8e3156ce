import { expect, test } from "vitest";
import { decide, noMemory, type ScaleDecision } from "../model/scale.ts";
import { observation, sample, scalePolicy } from "../testing/scaling.ts";
import { scaleExplained } from "./scale-explained.ts";

const noon = Date.UTC(2026, 10, 21, 12);

/** At 63 in flight for a second, one container of two that is ready; as it comes from the controller. */
const { decision: up } = asTold(
	decide(
		{ ...scalePolicy, maxconn: 28, target: 20 },
		noMemory,
		observation({
			...{ now: 90_000, ready: 1, starting: 1, canStart: 2, room: "2 at once", measuredReadyMs: 4_230 },
			samples: [89_000, 89_250, 89_500, 89_750, 90_000].map((at) =>
				sample({ at, inFlight: 63, requests: at / 8, queued: 1, responseMs: 20, queueMs: 3.25 }),
			),
		}),
	),
);
const limited: ScaleDecision = {
	...up,
	...{ kind: "hold", by: 0, why: "the last 3 failed: next in 12 s", advice: true },
	...{ backOffUntil: 107_000, panicUntil: 140_500, brakeUntil: 300_000, frozen: true, demand: undefined },
	observed: { ...up.observed, now: 95_000, failures: { count: 3, lastAt: 67_000 } },
};

test("each decision has its time, and every number that went in, by name and in a row of its kind", () => {
	const row = { pool: "nodes", order: null, decisions: [up, asTold(limited)] };

	expect(scaleExplained(row, { now: 96_000, wall: noon })).toBe(
		`
nodes
  11:59:54Z up 2: 63 in flight want 4 at 20 each
    asked   min=1 max=8 target=20 queue=100ms ready=6s idle=300s mode=auto maxconn=28
    there   ready=1 starting=1 draining=0 unhealthy=0 aside=0 held=0 elsewhere=0 serving=2 present=2 rolloutUnderWay=no
    load    inFlight=63 queued=1 perSecond=125 answered=125 response=20ms queue=3ms
    wanted  in-flight-30s=63.02/20=3.15→4 in-flight-6s=63.02/20=3.15→4 want=4 highest=4
    limits  canStart=2 (2 at once) measuredReady=4.2s pace=+8/-1 failures=0 seen=1s quiet=0ms window=60s panic=60s doubted=no onTrial=no frozen=no
  11:59:59Z would hold: the last 3 failed: next in 12 s
    asked   min=1 max=8 target=20 queue=100ms ready=6s idle=300s mode=auto maxconn=28
    there   ready=1 starting=1 draining=0 unhealthy=0 aside=0 held=0 elsewhere=0 serving=2 present=2 rolloutUnderWay=no
    load    unknown
    wanted  highest=4
    limits  canStart=2 (2 at once) measuredReady=4.2s pace=+8/-1 failures=3 lastFailure=28s ago seen=1s quiet=0ms window=60s panic=45.5s doubted=no onTrial=no frozen=yes backOff=12s brake=205s
`.trim(),
	);
});

test("what the law comes to know is told without a word of it here", () => {
	const policy = { ...up.policy, idleMs: 300_000 };
	const decisions = [{ ...up, policy, woken: true, coolUntil: 90_500 }];

	const text = scaleExplained({ pool: "nodes", order: null, decisions }, { now: 90_000, wall: noon });

	for (const fact of ["idle=300s", "woken=yes", "cool=500ms"]) expect(text).toContain(fact);
});

test("a pool about which nothing is decided yet says so", () => {
	const row = { pool: "nodes", order: null, decisions: [] };

	expect(scaleExplained(row, { now: 0, wall: noon })).toBe("nodes\n  nothing decided yet");
});

function asTold<Value>(value: Value): Value {
	return JSON.parse(JSON.stringify(value));
}
