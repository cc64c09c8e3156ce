import { expect, test } from "vitest";
import { type Circumstances, container, idOf, surroundings, told } from "../testing/containers.ts";
import { build } from "./build.ts";
import type { Container } from "./container.ts";
import { type Hold, membersOf } from "./fleet.ts";
import { remarksOn } from "./remarks.ts";
import { standingOf } from "./standing.ts";

const [web, other] = [container("web"), container("other")];
const alone = "no other server of the pool nodes takes new clients: they get status 503 until one does";

/** What is said when `web` is set to that, while the whole draft is in force. */
function remarks(
	hold: Hold | undefined,
	containers: readonly Container[],
	circumstances: Circumstances = {},
	down: readonly string[] = [],
): readonly string[] {
	const around = surroundings({ containers, ...circumstances });
	const { fleet, standings } = build(around);
	const standing = standings.find(({ container: { id } }) => id === web.id) ?? standingOf(web, around);
	const inForce = membersOf(fleet).find(({ server }) => server.container.id === web.id);
	return remarksOn({ standing, hold, inForce, fleet, down: new Set(down), problems: [] });
}

test("one of several is drained without a word", () => {
	expect(remarks("drain", [web, other])).toEqual([]);
	expect(remarks("maint", [web, other])).toEqual([]);
	expect(remarks(undefined, [web])).toEqual([]);
});

test.each<[string, readonly Container[], Circumstances]>([
	["of all", [web], {}],
	["beside one that is drained", [web, other], { held: [[other.id, "drain"]] }],
	[
		"beside one that takes no new clients",
		[web, container("other", { labels: { "ballast.weight": "0" } })],
		{},
	],
	["of its pool", [web, container("other", { labels: { "ballast.pool": "api" } })], {}],
])("the last %s is drained, and a person is told what clients get", (_, containers, circumstances) => {
	expect(remarks("drain", containers, circumstances)).toEqual([alone]);
});

test("one that HAProxy finds down is no other", () => {
	expect(remarks("maint", [web, other], {}, [`nodes/other-${idOf("other").slice(0, 8)}`])).toEqual([alone]);
});

test("one that is in no pool is told to be, and why", () => {
	const sick = container("web", { health: "unhealthy" });

	expect(remarks("drain", [sick, other])).toEqual([
		"it is in no pool now (unhealthy); what is set holds once it is",
	]);
});

test("one that Docker is stopping gets no requests, ready or not", () => {
	expect(remarks(undefined, [web, other], { leaving: [told(web)] })).toEqual([
		"it gets no requests all the same: told to stop (SIGTERM); it joins again once it has started again",
	]);
});

test("what can't be kept is told, too", () => {
	const around = surroundings({ containers: [web, other] });
	const { fleet } = build(around);
	const problem = {
		code: "holds-not-kept",
		severity: "problem",
		subject: "x",
		message: "ENOSPC",
		hint: "",
	} as const;
	const holding = {
		standing: standingOf(web, around),
		hold: undefined,
		inForce: undefined,
		fleet,
		down: new Set<string>(),
	};

	expect(remarksOn({ ...holding, problems: [problem] })).toEqual(["ENOSPC"]);
});
