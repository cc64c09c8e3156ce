import { describe, expect, test } from "vitest";
import type { Server } from "./fleet.ts";
import { lightened } from "./lightened.ts";

const server: Server = {
	name: "web-3f2a9c7d",
	container: { id: "3f2a9c7d", name: "web" },
	address: "192.168.42.2",
	port: 3000,
	weight: 50,
};
const pool = (sticky: "source" | "cookie", weights: readonly number[]) => {
	return { name: "nodes", sticky, servers: weights.map((weight) => ({ ...server, weight })) };
};

test("where clients are not bound by their address, weights are as they were asked for", () => {
	const weights = Array(1_000).fill(100);

	expect(lightened(pool("cookie", weights)).map(({ weight }) => weight)).toEqual(weights);
});

describe("where clients are bound by their address, weights are lightened until HAProxy loads them in time", () => {
	const weightsOf = (...weights: readonly number[]): readonly number[] =>
		lightened(pool("source", weights)).map(({ weight }) => weight);
	const each = (count: number, weight: number): readonly number[] => Array(count).fill(weight);

	test("a hundred servers of the usual weight keep theirs", () => {
		expect(weightsOf(...each(100, 100))).toEqual(each(100, 100));
	});

	test("more are a tenth each, in proportion: 0 stays 0, and nobody else loses all clients", () => {
		expect(weightsOf(...each(100, 100), 50, 256, 4, 1, 0)).toEqual([...each(100, 10), 5, 26, 1, 1, 0]);
	});

	test("who joins changes the weight of no other but once, when the sum goes beyond 10,000", () => {
		expect(new Set(weightsOf(...each(101, 100)))).toEqual(new Set(weightsOf(...each(1_000, 100))));
	});

	test("the heaviest stay within the limit as well", () => {
		const sum = weightsOf(...each(2_000, 256)).reduce((all, weight) => all + weight);

		expect(sum).toBeLessThanOrEqual(10_000);
	});
});

test.each(["cookie", "source"] as const)(
	"one that is drained has no weight, and the others keep theirs (%s)",
	(sticky) => {
		const { servers, ...rest } = pool(sticky, Array(101).fill(100));
		const [first = server, ...others] = servers;
		const weights = lightened({ ...rest, servers: [{ ...first, state: "drain" }, ...others] }).map(
			({ weight }) => weight,
		);

		expect(weights).toEqual([0, ...Array(100).fill(sticky === "source" ? 10 : 100)]);
	},
);
