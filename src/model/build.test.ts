import fc from "fast-check";
import { expect, test } from "vitest";
import { loadTemplates } from "../render/engine.ts";
import { render } from "../render/render.ts";
import { attachment, container, idOf, proxy, surroundings, told } from "../testing/containers.ts";
import { shippedTemplates, testOptions } from "../testing/golden.ts";
import { build, fleetOf } from "./build.ts";
import { emptyFleet, membersOf } from "./fleet.ts";
import type { Surroundings } from "./surroundings.ts";

test("without containers there is the default pool, which the default route leads to", () => {
	expect(build(surroundings()).fleet).toEqual(emptyFleet);
	expect(fleetOf([])).toEqual(emptyFleet);
});

test("labelled containers become servers, others are not looked at", () => {
	const other = { ...container("db"), labels: { "ballast.port": "x" } };
	const { fleet, problems, standings } = build(
		surroundings({ containers: [container("b"), other, container("a"), proxy] }),
	);

	expect(membersOf(fleet).map(({ server }) => server.container.name)).toEqual(["a", "b"]);
	expect(standings.map(({ container: { name } }) => name)).toEqual(["a", "b"]);
	expect(problems).toEqual([]);
});

test("a bad label takes out its own container and no other", () => {
	const bad = container("bad", { labels: { "ballast.port": "http" } });
	const { fleet, problems } = build(surroundings({ containers: [container("a"), bad, container("b")] }));

	expect(membersOf(fleet).map(({ server }) => server.container.name)).toEqual(["a", "b"]);
	expect(problems).toMatchObject([{ subject: "bad", code: "bad-label" }]);
});

test("a pool that no route reaches has its servers, and is a problem", () => {
	const api = container("api", { labels: { "ballast.pool": "api" } });
	const { fleet, problems } = build(surroundings({ containers: [api, container("web")] }));

	expect(fleet.pools.map(({ name, servers }) => [name, servers.length])).toEqual([
		["api", 1],
		["nodes", 1],
	]);
	expect(problems).toMatchObject([
		{
			code: "unreached-pool",
			severity: "problem",
			subject: "api",
			message: expect.stringContaining("no route"),
		},
	]);
});

test("how many servers no route reaches makes no other problem of it", () => {
	const messages = [["a"], ["a", "b"]].map((names) => {
		const containers = names.map((name) => container(name, { labels: { "ballast.pool": "api" } }));
		return build(surroundings({ containers })).problems.map(({ message }) => message);
	});

	expect(messages[0]).toEqual(messages[1]);
});

test("a pool goes with its last server, the default pool stays", () => {
	const api = container("api", { state: "exited", labels: { "ballast.pool": "api" } });

	expect(build(surroundings({ containers: [api] })).fleet).toEqual(emptyFleet);
});

test("what listens by itself is probed, what has a health check is not", () => {
	const healthy = container("healthy", { health: "healthy" });
	const starting = container("starting", { health: "starting" });
	const deaf = container("deaf", { exposedPorts: [8080] });
	const { probes } = build(surroundings({ containers: [healthy, starting, deaf], answer: "not-yet" }));

	expect(probes).toEqual([
		{ start: `${deaf.id}@${deaf.startedAt}`, addresses: [deaf.networks[0]?.ipv4], port: 8080 },
	]);
});

test("promise 2: a container that the engine can't tell of is a problem that names it", () => {
	const unreadable = ["web-2", "web-1"].map((name) => ({ id: idOf(name), name, message: "no layer" }));
	const { problems } = build(surroundings({ unreadable }));

	expect(problems).toMatchObject([
		{ code: "unreadable-container", subject: "web-1", message: "Docker can't tell of it: no layer" },
		{ code: "unreadable-container", subject: "web-2" },
	]);
});

test("another start is probed anew", () => {
	const probeOf = (startedAt: string) =>
		build(surroundings({ containers: [container("web", { startedAt })] })).probes[0];

	expect(probeOf("2026-01-01T00:00:01Z")).not.toEqual(probeOf("2026-01-01T00:00:02Z"));
});

const templates = await loadTemplates(shippedTemplates, undefined);

/** Two dozen containers of every kind, in two networks and three pools. */
const mixed = Array.from({ length: 24 }, (_, index) =>
	container(`web-${index}`, {
		health: (["none", "healthy", "starting", "unhealthy"] as const)[index % 4] ?? "none",
		labels: { "ballast.pool": `p${index % 3}`, ...(index === 7 ? { "ballast.wieght": "1" } : {}) },
		networks: ["front", "back"].map((network) => attachment(network, `web-${index}`)),
		exposedPorts: index === 8 ? [80, 443] : [3000],
	}),
);

function shuffled(): fc.Arbitrary<Surroundings> {
	const all = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
	const inTwoNetworks = { ...proxy, networks: ["front", "back"].map((name) => attachment(name, "proxy")) };
	return fc
		.record({
			containers: all(mixed),
			networks: all(["front", "back"]),
			leaving: all(mixed.slice(0, 2).map((one) => told(one))),
			labels: all(["role", "ballast.pool", "ballast.wieght"]),
		})
		.map(({ containers, networks, leaving, labels }) =>
			surroundings({
				containers: containers.map((one) => ({
					...one,
					networks: networks.flatMap((name) => one.networks.filter((at) => at.network === name)),
					labels: Object.fromEntries(
						labels.flatMap((key) => (key in one.labels ? [[key, one.labels[key] ?? ""]] : [])),
					),
				})),
				leaving,
				proxy: inTwoNetworks,
			}),
		);
}

test("promise 10: whatever the order of the inventory, the fleet, the problems and the generation are the same", () => {
	const expected = build(
		surroundings({
			containers: mixed,
			leaving: mixed.slice(0, 2).map((one) => told(one)),
			proxy: { ...proxy, networks: ["front", "back"].map((name) => attachment(name, "proxy")) },
		}),
	);
	const bytes = [...render(expected.fleet, testOptions, templates).files];
	expect(membersOf(expected.fleet).length).toBeGreaterThan(3);

	fc.assert(
		fc.property(shuffled(), (around) => {
			const { fleet, problems, probes } = build(around);
			expect({ fleet, problems, probes }).toEqual({
				fleet: expected.fleet,
				problems: expected.problems,
				probes: expected.probes,
			});
			expect([...render(fleet, testOptions, templates).files]).toEqual(bytes);
		}),
		{ numRuns: 50 },
	);
});
