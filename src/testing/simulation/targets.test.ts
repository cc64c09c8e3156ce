import { expect, test } from "vitest";
import { loadOf } from "./load.ts";
import { ours } from "./ours.ts";
import { play } from "./play.ts";
import { knative, raw } from "./rivals.ts";
import { scenarios, usual } from "./scenarios.ts";
import { rawAt, totalOf, tournament } from "./tournament.ts";

/* What the law promises, over all scenarios, with one seed; docs/adr/0010 tells what other seeds give. */

const rounds = tournament([ours, knative, raw, rawAt(0.7)], scenarios, 1);
const [our, theirs, plain, generous] = [ours, knative, raw, rawAt(0.7)].map(({ name }) =>
	totalOf(rounds, name),
);

test("no more requests are slow than with Knative's rule", () => {
	expect(our?.slowPercent).toBeLessThanOrEqual(theirs?.slowPercent ?? 0);
});

test("raw concurrency that is as rarely slow takes a quarter more: ours has 20 % fewer replica-seconds", () => {
	expect(our?.slowPercent).toBeLessThanOrEqual((generous?.slowPercent ?? 0) + 0.05);
	expect(our?.replicaSeconds).toBeLessThanOrEqual(0.8 * (generous?.replicaSeconds ?? 0));
});

test("raw concurrency at the same target takes no fewer replica-seconds, and is slow more often by a quarter", () => {
	expect(our?.replicaSeconds).toBeLessThanOrEqual(plain?.replicaSeconds ?? 0);
	expect(our?.slowPercent).toBeLessThanOrEqual(0.75 * (plain?.slowPercent ?? 0));
});

test("a constant load that settles takes 20 % fewer replica-seconds than raw concurrency at the same target", () => {
	const constant = rounds.find(({ scenario }) => scenario === "constant")?.played ?? [];
	const seconds = (name: string) => constant.find(({ law }) => law === name)?.replicaSeconds ?? 0;

	expect(seconds("ballast")).toBeGreaterThan(0);
	expect(seconds("ballast")).toBeLessThanOrEqual(0.8 * seconds("raw"));
});

// In containers of work: in the middle between two numbers, and right where one more is wanted.
test.each([1.1, 4.4, 6.6, 9.9])("a constant load of %d containers reverses once an hour at most", (load) => {
	const rate = load * (usual.policy.target / (usual.serviceMs / 1000));
	const played = play(ours, { ...usual, name: "constant", seconds: 3600, rate: () => rate }, 3);

	expect(played.reversalsPerHour).toBeLessThanOrEqual(1);
	expect(played.slowPercent).toBeLessThan(0.5);
});

test("the same seed plays the same game, another one has other requests", () => {
	const short = { ...usual, name: "short", seconds: 120, rate: () => 120 };

	expect(play(ours, short, 1)).toEqual(play(ours, short, 1));
	expect(loadOf(short, 2).arrivals).not.toEqual(loadOf(short, 1).arrivals);
});

test("what a law makes of a load does not depend on who was played the same before it", () => {
	const crowd = [{ ...usual, name: "crowd", seconds: 120, rate: (at: number) => (at < 30 ? 30 : 280) }];
	const [alone, second] = [[ours], [raw, ours]].map((laws) => totalOf(tournament(laws, crowd, 1), ours.name));

	expect(second).toEqual(alone);
});

test("a database that is full is not flooded by ever more containers", () => {
	const database = rounds.find(({ scenario }) => scenario === "slow database")?.played ?? [];
	const [ballast, other] = ["ballast", "Knative"].map((name) => database.find(({ law }) => law === name));

	expect(ballast?.replicaSeconds).toBeLessThan(0.7 * (other?.replicaSeconds ?? 0));
	expect(ballast?.slowPercent).toBeLessThan((other?.slowPercent ?? 0) + 0.5);
});
