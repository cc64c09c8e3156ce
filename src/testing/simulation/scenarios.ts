import type { ScalePolicy } from "../../model/scale-policy.ts";
import { createRandom } from "./random.ts";

export type Scenario = {
	readonly name: string;
	readonly seconds: number;
	/** Requests per second at a time in seconds. */
	readonly rate: (at: number) => number;
	/** Mean time of a request that need not wait. */
	readonly serviceMs: number;
	/** How many requests a container works on at once; others wait in it. */
	readonly slots: number;
	/** Mean time from creation to ready. */
	readonly startMs: number;
	readonly policy: ScalePolicy;
	readonly initial: number;
	/** From when to when, in seconds, no sample comes. */
	readonly blind?: readonly (readonly [number, number])[];
	/** When the controller is started anew, in seconds, and remembers nothing. */
	readonly restarts?: readonly number[];
	/** How many requests all containers together can work on before each slows down the others: a database. */
	readonly shared?: number;
};

const policy: ScalePolicy = {
	min: 1,
	max: 20,
	target: 7,
	maxconn: 10,
	queueMs: 100,
	readyMs: 60_000,
	idleMs: 300_000,
	mode: "auto",
};

/** A container does 25 requests per second at most, 17.5 at its target. */
export const usual = {
	seconds: 1800,
	serviceMs: 400,
	slots: 10,
	startMs: 4_000,
	policy,
	initial: 4,
} as const;

const steps = (at: number): number => [60, 160, 60, 220, 100, 30][Math.floor(at / 300) % 6] ?? 60;
const noise = Array.from({ length: 400 }, noiseAt, createRandom(7));

function noiseAt(this: () => number): number {
	return 60 + 120 * this();
}

export const scenarios: readonly Scenario[] = [
	{ ...usual, name: "constant", seconds: 3600, rate: () => 80 },
	{ ...usual, name: "steps", rate: steps },
	{ ...usual, name: "ramp", rate: (at) => 20 + 230 * (1 - Math.abs(at / 900 - 1)), initial: 2 },
	{ ...usual, name: "spikes", rate: (at) => (at % 240 >= 120 && at % 240 < 140 ? 200 : 50) },
	{ ...usual, name: "sine", rate: (at) => 120 - 80 * Math.cos((2 * Math.PI * at) / 600) },
	{ ...usual, name: "noise", rate: (at) => noise[Math.floor(at / 5)] ?? 120 },
	{ ...usual, name: "flash crowd", rate: (at) => (at >= 600 && at < 780 ? 280 : 30), initial: 2 },
	{
		...usual,
		name: "outage of samples",
		rate: steps,
		blind: [
			[290, 330],
			[700, 820],
			[1190, 1200],
		],
		restarts: [1000],
	},
	{ ...usual, name: "slow starts", rate: steps, startMs: 30_000 },
	{ ...usual, name: "nightfall", rate: (at) => (at < 400 ? 180 : 2) },
	{
		...usual,
		name: "without maxconn",
		rate: steps,
		serviceMs: 1_100,
		slots: 28,
		policy: { min: 1, max: 20, target: 20, queueMs: 100, idleMs: 300_000, readyMs: 60_000, mode: "auto" },
	},
	{
		...usual,
		name: "slow database",
		rate: (at) => (at >= 300 && at < 600 ? 110 : 60),
		shared: 40,
		policy: { ...policy, max: 60 },
	},
];
