import { describe, expect, test } from "vitest";
import { announced, joined, teller } from "../testing/announcements.ts";
import { idOf } from "../testing/containers.ts";
import { type Happening, ownHappening } from "./happening.ts";

const head = `"time":"2026-01-01T00:00:00.000Z","proxy":{"name":"lb","id":"${teller.id}"}`;

describe("the one line of JSON, and the essentials, of", () => {
	test("a member", () => {
		const { event, json, essentials } = announced(joined("web"));

		expect(event).toBe("member-join");
		expect(json).toBe(
			`{"event":"member-join",${head},"member":{"name":"web","id":"${idOf("web")}","address":"10.0.0.2:3000","pool":"nodes","role":"backend","why":"healthy"}}`,
		);
		expect(essentials).toEqual({
			BALLAST_EVENT: "member-join",
			BALLAST_TIME: "2026-01-01T00:00:00.000Z",
			BALLAST_PROXY: "lb",
			BALLAST_NAME: "web",
			BALLAST_ID: idOf("web"),
			BALLAST_ADDRESS: "10.0.0.2:3000",
			BALLAST_POOL: "nodes",
			BALLAST_ROLE: "backend",
			BALLAST_WHY: "healthy",
		});
	});

	test.each<[Happening, string, Record<string, string>]>([
		[
			{
				kind: "scaling",
				event: "scale-up",
				member: {
					...{
						event: "scale-up",
						role: "backend",
						name: "web-scale-1",
						id: "1a",
						address: "",
						pool: "nodes",
					},
					why: "62 in flight want 4 at 20 each",
				},
			},
			'"member":{"name":"web-scale-1","id":"1a","address":"","pool":"nodes","role":"backend","why":"62 in flight want 4 at 20 each"}',
			{ BALLAST_NAME: "web-scale-1", BALLAST_POOL: "nodes", BALLAST_WHY: "62 in flight want 4 at 20 each" },
		],
		[
			{ kind: "pool", event: "pool-empty", pool: "nodes", why: "web: paused" },
			'"pool":"nodes","why":"web: paused"',
			{ BALLAST_POOL: "nodes", BALLAST_WHY: "web: paused" },
		],
		[
			{
				kind: "reload",
				event: "reload",
				generation: "abc",
				reasons: [
					{ kind: "routes-changed", subject: "" },
					{ kind: "pool-removed", subject: "nodes/web" },
				],
			},
			'"generation":"abc","reasons":[{"kind":"routes-changed","subject":""},{"kind":"pool-removed","subject":"nodes/web"}]',
			{ BALLAST_GENERATION: "abc", BALLAST_WHY: "routes changed; pool removed nodes/web" },
		],
		[
			{
				kind: "problem",
				event: "problem",
				problem: { code: "bad-label", severity: "problem", subject: "web", message: "m", hint: "h" },
			},
			'"problem":{"code":"bad-label","subject":"web","message":"m","hint":"h"}',
			{ BALLAST_CODE: "bad-label", BALLAST_SUBJECT: "web", BALLAST_WHY: "m", BALLAST_HINT: "h" },
		],
	])("%j", (happening, facts, essentials) => {
		const announcement = announced(happening);

		expect(announcement.json).toBe(`{"event":"${happening.event}",${head},${facts}}`);
		expect(announcement.essentials).toMatchObject(essentials);
	});

	test.each([
		[undefined, null, ""],
		["v1.2", "v1.2", "v1.2"],
		['{"version":[1,2]}', { version: [1, 2] }, '{"version":[1,2]}'],
		["7", 7, "7"],
		["two\nlines\0", "two\nlines\0", "two\nlines"],
	])("an event of one's own with the payload %j", (payload, meaning, variable) => {
		const { json, essentials } = announced(ownHappening("deployed", payload));

		expect(JSON.parse(json)).toMatchObject({ event: "deployed", payload: meaning });
		expect(json).not.toContain("\n");
		expect(essentials["BALLAST_PAYLOAD"]).toBe(variable);
	});
});
