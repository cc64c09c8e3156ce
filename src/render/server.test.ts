import { describe, expect, test } from "vitest";
import type { Server } from "../model/fleet.ts";
import { asHeld, lightened, serverLine, serverOptions } from "./server.ts";

const server: Server = {
	name: "shop-web-1-3f2a9c7d",
	container: { id: "3f2a9c7d", name: "shop-web-1" },
	address: "192.168.42.2",
	port: 3000,
	weight: 50,
};

test("a server's options begin with where it is and how much it takes", () => {
	expect(serverOptions(server, {})).toMatch(/^192\.168\.42\.2:3000 weight 50 check /);
});

test("an IPv6 address stands in brackets, apart from the port", () => {
	expect(serverOptions({ ...server, address: "fd00::2" }, {})).toMatch(/^\[fd00::2\]:3000 /);
});

test("a server with a limit gets no more requests at a time", () => {
	expect(serverOptions({ ...server, maxconn: 20 }, {})).toContain(" weight 50 maxconn 20 ");
});

test("where clients are bound by their address, a server's place among the hashes is its own address", () => {
	expect(serverOptions(server, { sticky: "source" })).toContain(" hash-key addr-port ");
	expect(serverOptions(server, { sticky: "cookie" })).not.toContain("hash-key");
});

test("a line takes a server out that a person has put into maintenance; `add server` takes no such word", () => {
	const out = { ...server, state: "maint" } as const;

	expect(serverLine(out, {})).toBe(`${serverOptions(server, {})} disabled`);
	expect(serverOptions(out, {})).toBe(serverOptions(server, {}));
	expect(serverLine(server, {})).toBe(serverOptions(server, {}));
});

test("one that is drained has the weight 0, which takes no new clients", () => {
	expect(asHeld({ ...server, state: "drain" }).weight).toBe(0);
	expect(asHeld({ ...server, state: "maint" }).weight).toBe(50);
	expect(asHeld(server).weight).toBe(50);
});

test("they are one line of less than 64 words, as a command of the Runtime API must be", () => {
	const all = serverOptions({ ...server, maxconn: 20 }, { sticky: "source", check: "/healthz" });

	expect(all).not.toContain("\n");
	expect(all.split(" ").length).toBeLessThan(60);
});

describe("where clients are bound by their address, weights are lightened until HAProxy loads them in time", () => {
	const weightsOf = (...weights: readonly number[]): readonly number[] =>
		lightened(weights.map((weight) => ({ ...server, weight }))).map(({ weight }) => weight);
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
