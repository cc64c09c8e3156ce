import { expect, test } from "vitest";
import { container, proxy, surroundings, told } from "../testing/containers.ts";
import { createJudge } from "./judge.ts";
import { standingOf } from "./standing.ts";
import type { Surroundings } from "./surroundings.ts";

const web = container("web", { labels: { "ballast.weight": "50" } });
const usual = surroundings({ containers: [web] });
const [endpoint = ""] = usual.listening.keys();
const farAway = { ...usual.inventory.proxy, farEngine: "ssh://far" };
const outside = { container: undefined, routes: ["10.9.0.0/16"] };
const onHost = container("web", { networkMode: "host", networks: [] });
const bridges = { ids: new Set<string>(), fault: "forbidden" };

const within = (inventory: Partial<Surroundings["inventory"]>): Surroundings => ({
	...usual,
	inventory: { ...usual.inventory, ...inventory },
});

test("a container of which nothing has changed is not judged again", () => {
	const judge = createJudge();
	const first = judge(web, usual);

	expect(judge(web, { ...usual, listening: new Map(usual.listening), names: new Map(usual.names) })).toBe(
		first,
	);
	expect(first).toEqual(standingOf(web, usual));
});

test.each<readonly [string, Surroundings]>([
	["the policy", { ...usual, policy: { ...usual.policy, labels: { join: "role=backend", prefix: "lb." } } }],
	["the proxy's networks", within({ proxy: { container: { ...proxy, networks: [] } } })],
	["where the engine is", within({ proxy: farAway })],
	["where the proxy is", within({ proxy: outside })],
	["that it was told to stop", within({ leaving: new Map([told(web)]) })],
	["how it ended before", within({ restarted: new Map([[web.id, { exitCode: 3 }]]) })],
	["that it was put to sleep", within({ asleep: new Map([[web.id, web.startedAt]]) })],
	["what a person has set", { ...usual, held: new Map([[web.id, "drain"]]) }],
	["the name of its server", { ...usual, names: new Map([[web.id, "old-name-0a1b2c3d"]]) }],
	["what the probe says", { ...usual, listening: new Map() }],
	[
		"how long it has been deaf",
		{ ...usual, listening: new Map([[endpoint, { kind: "deaf", overdue: true, fault: "refused" }]]) },
	],
])(
	"it is judged again, as if for the first time, when this changes, and when it changes back: %s",
	(_, changed) => {
		const judge = createJudge();
		judge(web, usual);

		expect(judge(web, changed)).toEqual(standingOf(web, changed));
		expect(judge(web, changed)).not.toEqual(standingOf(web, usual));
		expect(judge(web, usual)).toEqual(standingOf(web, usual));
	},
);

test("one of several addresses that it is served at now comes first", () => {
	const dual = container("web", {
		networks: [{ network: "front", networkId: "n", ipv4: "10.0.0.2", ipv6: "fd00::2", gateways: [] }],
	});
	const there = { ...proxy, networks: dual.networks };
	const around = surroundings({ containers: [dual], proxy: there, answer: undefined });
	const judge = createJudge();
	judge(dual, around);
	const served = { ...around, addresses: new Map([[dual.id, "fd00::2"]]) };

	expect(judge(dual, served)).toEqual(standingOf(dual, served));
	expect(judge(dual, served).probe?.addresses[0]).toBe("fd00::2");
});

test("which gateways lead to the host is asked for anew by one that is there", () => {
	const judge = createJudge();
	const known = surroundings({ containers: [onHost], answer: undefined });
	judge(onHost, known);
	const untold: Surroundings = {
		...known,
		inventory: { ...known.inventory, proxy: { ...known.inventory.proxy, bridges } },
	};

	expect(judge(onHost, untold)).toEqual(standingOf(onHost, untold));
	expect(judge(onHost, untold)).not.toEqual(standingOf(onHost, known));
});

test.each([
	["it", container("web", { networkMode: "container:lender" }), proxy],
	["the proxy", web, { ...proxy, networkMode: "container:lender", networks: [] }],
] as const)(
	"when %s uses another one's network, that one is looked at each time",
	(_, borrower, itsProxy) => {
		const lender = container("lender", { labels: { role: "" } });
		const judge = createJudge();
		const running = surroundings({ containers: [borrower, lender], proxy: itsProxy });
		judge(borrower, running);
		const ended = { ...running, inventory: { ...running.inventory, containers: [borrower] } };

		expect(judge(borrower, ended)).toEqual(standingOf(borrower, ended));
		expect(judge(borrower, ended)).not.toEqual(standingOf(borrower, running));
	},
);
