import { describe, expect, test } from "vitest";
import { attachment, type Circumstances, container, surroundings } from "../testing/containers.ts";
import { build } from "./build.ts";
import type { Container } from "./container.ts";
import { membersOf } from "./fleet.ts";

function served(containers: readonly Container[], circumstances: Circumstances = {}): readonly string[] {
	const { fleet } = build(surroundings({ containers, ...circumstances }));
	return membersOf(fleet).map(({ server }) => server.container.name);
}

const app = container("app");
const sidecar = container("a-sidecar", {
	created: "2025-12-31T00:00:00Z",
	startedAt: "2026-01-01T00:00:05Z",
	networkMode: "container:app",
	networks: [],
});
const onHost = (name: string, over: Partial<Container> = {}) =>
	container(name, { networkMode: "host", networks: [], ...over });
const older = { created: "2025-12-31T00:00:00Z" };

describe("of two containers at one endpoint of a pool, one is served:", () => {
	test("the one whose own the address is, and the other is told", () => {
		const { problems } = build(surroundings({ containers: [app, sidecar] }));

		expect(served([app, sidecar])).toEqual(["app"]);
		expect(problems).toMatchObject([
			{ code: "same-endpoint", subject: "a-sidecar", message: expect.stringContaining("as app") },
		]);
	});

	test.each(["starting", "unhealthy"] as const)(
		"that one, also while it is %s: nobody joins for it",
		(health) => {
			expect(served([{ ...app, health }, sidecar])).toEqual([]);
		},
	);

	test("the oldest, where the address is nobody's own", () => {
		const apps = [onHost("a"), onHost("b", older), onHost("c")];

		expect(served(apps, { proxy: onHost("proxy") })).toEqual(["b"]);
	});

	test("a member, before an older one that is not", () => {
		const apps = [onHost("a"), onHost("b", { ...older, health: "unhealthy" })];

		expect(served(apps, { proxy: onHost("proxy") })).toEqual(["a"]);
	});
});

describe("two containers are two servers", () => {
	test("at two ports of one address", () => {
		expect(served([app, { ...sidecar, exposedPorts: [3001] }])).toEqual(["a-sidecar", "app"]);
	});

	test("in two pools", () => {
		const elsewhere = { ...sidecar, labels: { ...sidecar.labels, "ballast.pool": "api" } };

		expect(served([app, elsewhere])).toEqual(["a-sidecar", "app"]);
	});

	test("at two addresses, and one at the owner's when that stays out by its label", () => {
		const out = { ...app, labels: { ...app.labels, "ballast.enable": "false" } };
		const other = container("other", { networks: [attachment("front", "other")] });

		expect(served([out, sidecar, other])).toEqual(["a-sidecar", "other"]);
	});
});
