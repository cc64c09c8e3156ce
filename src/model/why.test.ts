import { describe, expect, test } from "vitest";
import { attachment, container, idOf, proxy, surroundings, told } from "../testing/containers.ts";
import { type Around, explained, labelled } from "../testing/explained.ts";
import { marksOf } from "./clone-labels.ts";
import type { Container } from "./container.ts";
import type { Problem } from "./problem.ts";
import { standingOf } from "./standing.ts";

test("one that is served is told with its pool, server, address, time, reason and HAProxy's word", () => {
	const of = container("web", { health: "healthy" });
	const since = "2026-11-21T13:00:00.000Z";
	const { state, verdict, server, remedies } = explained(of, { over: () => ({ since }) });

	expect(server).toMatchObject({ pool: "nodes", address: expect.stringMatching(/^10\.0\..*:3000$/) });
	expect({ state, verdict }).toEqual({
		state: "served",
		verdict: `web is served: in the pool nodes as ${server?.name} at ${server?.address} since ${since}, because it is healthy. HAProxy calls it UP.`,
	});
	expect(remedies[0]).toBe(
		"it leaves when it is told to stop, dies, is paused, becomes unhealthy, is disconnected from front",
	);
});

test("a clone is told as such, and that not it, but its original is to be recreated", () => {
	const marks = { cloneOf: idOf("web"), generation: "0a1b2c3d4e5f", ordinal: 1, owner: "role=backend" };
	const of = container("web-scale-1", { labels: marksOf(marks, "ballast.") });
	const { state, remedies } = explained(of);

	expect(state).toBe("served");
	expect(remedies.slice(1)).toEqual([
		`scaling has made it, as a clone of ${idOf("web").slice(0, 12)}, and takes it away when fewer are wanted: ballast scale nodes --explain`,
		expect.stringMatching(/original's.* recreate that one$/),
	]);
});

describe("one that is in a pool gets no requests", () => {
	const down = () => ({ haproxy: "DOWN" });
	test.each([
		[
			"when no route leads there",
			labelled({ "ballast.pool": "api" }),
			{},
			"no route leads to that pool",
			"leave the label",
		],
		["when HAProxy's check fails", labelled({}), { over: down }, "HAProxy calls it DOWN", "docker logs web"],
		[
			"when it was taken out of the running process, by Ballast or a person",
			labelled({}),
			{ over: () => ({ haproxy: "MAINT" }) },
			"calls it MAINT",
			"if Ballast has taken it out, as it was to leave, it is brought back within a minute",
		],
		[
			"when it takes no new clients",
			labelled({ "ballast.weight": "0" }),
			{ over: () => ({ haproxy: "DRAIN" }) },
			"calls it DRAIN",
			"its weight is 0 (ballast.weight), or a person has drained it",
		],
	])("%s", (_, of, around, why, remedy) => {
		const { state, verdict, remedies } = explained(of, around);

		expect(state).toBe("idle");
		expect(verdict).toContain(`It gets no requests: `);
		expect(verdict).toContain(why);
		expect(remedies).toEqual([expect.stringContaining(remedy)]);
	});
});

describe("one that carries the join label is in no pool", () => {
	const web = container("web");
	const absent: readonly (readonly [string, Container, Around, string, string])[] = [
		[
			"that stopped",
			container("web", { state: "exited", exitCode: 137 }),
			{},
			"died, exit code 137",
			"docker start web",
		],
		["that never ran", container("web", { state: "created" }), {}, "created", "docker start web"],
		["that is paused", container("web", { state: "paused" }), {}, "paused", "docker unpause web"],
		[
			"that was told to stop",
			web,
			{ leaving: [told(web)] },
			"told to stop (SIGTERM)",
			"once it has started again",
		],
		["of compose run", labelled({ "com.docker.compose.oneoff": "True" }), {}, "one-off", "docker compose up"],
		[
			"kept out by its label",
			labelled({ "ballast.enable": "false" }),
			{},
			"ballast.enable=false",
			"recreate it without",
		],
		[
			"with a bad label",
			labelled({ "ballast.port": "http" }),
			{},
			"can't be understood",
			"ballast.port=8080",
		],
		[
			"in no shared network",
			labelled({}, { networks: [attachment("other", "web")] }),
			{},
			"can't be reached",
			"docker network connect front web",
		],
		[
			"of an unknown port",
			labelled({}, { exposedPorts: [] }),
			{},
			"port is not known",
			"set the label ballast.port",
		],
		["that is unhealthy", labelled({}, { health: "unhealthy" }), {}, "unhealthy", ".State.Health"],
		["that does not listen", web, { answer: "silent" }, "does not answer yet", "0.0.0.0"],
	];

	test.each(absent)("%s", (_, of, around, why, remedy) => {
		const { state, verdict, server, remedies } = explained(of, around);

		expect({ state, server }).toEqual({ state: "absent", server: null });
		expect(verdict).toMatch(/^web is in no pool: .*\.$/);
		expect(verdict).toContain(why);
		expect(remedies).toEqual([expect.stringContaining(remedy)]);
	});
});

describe("one that does not carry the join label is none of ours", () => {
	const without = (labels: Record<string, string>, over: Partial<Container> = {}): Container => ({
		...container("web", over),
		labels,
	});

	test.each([
		[{ role: "backed" }, "role=backed"],
		[{ Role: "backend" }, "Role=backend"],
		[{ role: "frontend" }, "role=frontend"],
		[{ roel: "backend", other: "x" }, "roel=backend"],
	])("but it may mean to: %j", (labels, near) => {
		const { state, server, verdict, remedies, labels: facts } = explained(without(labels));

		expect({ state, server }).toEqual({ state: "not-ours", server: null });
		expect(verdict).toBe(
			`web is none of Ballast's: it does not carry the label role=backend; it has ${near}.`,
		);
		expect(remedies).toEqual([`recreate it with the label role=backend, in the place of ${near}`]);
		expect(facts).toMatchObject([{ effect: "ignored", meaning: "expected role=backend" }]);
	});

	test("nor does it look like it", () => {
		const { verdict, remedies, assumed } = explained(without({ "com.example.kind": "backend" }));

		expect(verdict).toBe("web is none of Ballast's: it does not carry the label role=backend.");
		expect({ remedies, assumed }).toEqual({
			remedies: ["recreate it with the label role=backend"],
			assumed: [],
		});
	});

	test("a bare join label is missed by its key alone", () => {
		const policy = { labels: { join: "com.example.web", prefix: "ballast." } };

		expect(explained(without({ "com.example.wbe": "1" }), { policy }).verdict).toContain(
			"it has com.example.wbe=1",
		);
	});

	test("and would stay out with it: everything that is in the way is told", () => {
		const { remedies } = explained(without({}, { networks: [attachment("other", "web")] }));

		expect(remedies).toEqual([
			"recreate it with the label role=backend",
			"it would stay out all the same: it can't be reached",
			expect.stringContaining("docker network connect"),
		]);
	});

	test("the proxy itself needs nothing", () => {
		const { verdict, remedies } = explained(proxy, { over: () => ({ isProxy: true }) });

		expect({ verdict, remedies }).toEqual({ verdict: "proxy is the proxy itself.", remedies: [] });
	});
});

test("an engine that can't be read is told with it: what is known may be old", () => {
	const away: Problem = {
		code: "docker-unreachable",
		subject: "engine",
		severity: "problem",
		message: "no",
		hint: "",
	};

	expect(explained(container("web"), { over: () => ({ problems: [away] }) })).toMatchObject({
		state: "served",
		problems: [away],
	});
});

describe("one that is ready is not in force", () => {
	const problem = (code: string, subject: string): Problem => {
		return { code, subject, severity: "problem", message: "refused", hint: "mend it" };
	};
	const web = container("web");

	test.each([
		["as HAProxy refuses it", [problem("quarantined", "web")], "left out: HAProxy refuses", "mend it"],
		["as a template is broken", [problem("template-broken", "templates")], "not in force yet", "mend it"],
		["for a moment", [problem("bad-label", "another")], "not in force yet", "ask again"],
		[
			"for a moment, though a label means nothing",
			[problem("unknown-label", "web")],
			"not in force yet",
			"ask again",
		],
	])("%s", (_, problems, why, remedy) => {
		const { state, verdict, remedies } = explained(web, { over: () => ({ inForce: undefined, problems }) });

		expect(state).toBe("left-out");
		expect(verdict).toContain(why);
		expect(remedies).toEqual([expect.stringContaining(remedy)]);
	});

	test("or is still, though it should not be", () => {
		const { state, verdict } = explained(web, {
			over: ({ inForce }) => ({
				inForce,
				standing: standingOf({ ...web, state: "paused" }, surroundings()),
				problems: [problem("reload-failed", "haproxy")],
			}),
		});

		expect(state).toBe("idle");
		expect(verdict).toMatch(/^web should be in no pool \(paused\), and is still in the pool nodes as web-/);
	});
});
