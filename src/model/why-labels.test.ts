import { expect, test } from "vitest";
import { attachment, container, proxy } from "../testing/containers.ts";
import { explained, labelled } from "../testing/explained.ts";

test("each label is told as it was read, or why it has no effect", () => {
	const older = container("older", { created: "2025-01-01T00:00:00Z" });
	const { labels, problems } = explained(
		labelled({
			"ballast.weight": "0",
			"ballast.sticky": "cookie",
			"ballast.wieght": "5",
			"ballast.port": "http",
		}),
		{ containers: [older] },
	);

	expect(labels.map(({ label, effect, meaning }) => `${label} ${effect}: ${meaning}`)).toEqual([
		"role counts: it wants to join",
		"ballast.port not-understood: not understood: expected a port from 1 to 65535",
		"ballast.sticky counts: clients stay with a server, by cookie",
		"ballast.weight counts: weight 0: it takes no new clients",
		"ballast.wieght ignored: ignored: not one of Ballast's; did you mean ballast.weight?",
	]);
	expect(problems.map(({ code }) => code)).toEqual(["bad-label", "unknown-label"]);
});

test("a label that the oldest of the pool overrules is told so", () => {
	const older = labelled(
		{ "ballast.check": "/up" },
		{
			created: "2025-01-01T00:00:00Z",
			id: "0".repeat(64),
			name: "older",
			networks: [attachment("front", "older")],
		},
	);
	const { labels, problems } = explained(labelled({ "ballast.check": "/healthz" }), { containers: [older] });

	expect(labels[1]).toMatchObject({
		effect: "overruled",
		meaning: "overruled by the oldest of the pool: /up",
	});
	expect(problems).toMatchObject([{ code: "pool-disagreement" }]);
});

test("what no label says is told with where it comes from", () => {
	const networks = [attachment("front", "web"), attachment("back", "web")];
	const ours = { ...proxy, networks };
	const older = labelled(
		{ "ballast.sticky": "source" },
		{
			created: "2025-01-01T00:00:00Z",
			id: "0".repeat(64),
			name: "older",
			networks: [attachment("front", "older")],
		},
	);
	const { assumed } = explained(container("web", { networks }), { proxy: ours, containers: [older] });

	expect(assumed.map(({ what, value, why }) => `${what} ${value}: ${why}`)).toEqual([
		"pool nodes: the one that answers",
		"network back: the first by name of 2 that it shares with the proxy: back, front",
		"port 3000: the only TCP port that it exposes",
		"weight 100: as any",
		"sticky source: the pool nodes has it",
	]);
});

test("a port that the setting gives is told so", () => {
	const { assumed } = explained(container("web", { exposedPorts: [] }), { policy: { port: 8080 } });

	expect(assumed).toContainEqual({ what: "port", value: "8080", why: "the setting BALLAST_PORT" });
});
