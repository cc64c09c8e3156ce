import { expect, test } from "vitest";
import { build } from "../model/build.ts";
import type { Hold } from "../model/fleet.ts";
import { container, idOf, proxy, surroundings } from "../testing/containers.ts";
import { type HoldWish, holdAnswer } from "./hold.ts";

const { signal } = new AbortController();
const web = container("web", { stopTimeout: 7 });
const other = container("other", { labels: { "ballast.drain": "1m30s" } });
const stranger = { ...container("stranger"), labels: {} };
const stopped = container("stopped", { state: "exited" });

/** A controller that has judged `web` and `other`, on an engine that holds some more; and what was set there. */
function controller(read = true) {
	const held = new Map<string, Hold>();
	const draft = build(surroundings({ containers: [web, other] }));
	const outcome = {
		fleet: draft.fleet,
		generation: "abc",
		draft,
		steps: [],
		changes: [],
		problems: [],
		again: 0,
	};
	const sources = {
		outcome: () => (read ? outcome : undefined),
		servers: async () => [],
		inspect: async (asked: string) =>
			[web, other, stranger, stopped, proxy].find(({ id, name }) => name === asked || id.startsWith(asked)),
		hold: async (id: string, hold: Hold | undefined) => {
			if (hold === undefined) held.delete(id);
			else held.set(id, hold);
			return [];
		},
		held: () => held,
	};
	return { held, set: (asked: string, wish: HoldWish) => holdAnswer(sources, asked, wish, signal) };
}

test.each([
	["its name", "web"],
	["its id", idOf("web")],
	["the beginning of its id", idOf("web").slice(0, 6)],
	["its server's name", `web-${idOf("web").slice(0, 8)}`],
])("a container is drained by %s", async (_, asked) => {
	const { held, set } = controller();

	expect(await set(asked, "drain")).toEqual({
		known: true,
		container: { id: idOf("web"), name: "web" },
		hold: "drain",
		server: { pool: "nodes", name: `web-${idOf("web").slice(0, 8)}` },
		drainSeconds: 7,
		changed: true,
		remarks: [],
	});
	expect([...held]).toEqual([[idOf("web"), "drain"]]);
});

test("how long it may take to finish is what its label says", async () => {
	expect(await controller().set("other", "drain")).toMatchObject({ drainSeconds: 90 });
});

test("what is set already is no change, and ready takes back whatever it is", async () => {
	const { held, set } = controller();
	await set("web", "drain");

	expect(await set("web", "drain")).toMatchObject({ hold: "drain", changed: false });
	expect(await set("web", "maint")).toMatchObject({ hold: "maint", changed: true });
	expect(await set("web", "ready")).toMatchObject({ hold: null, changed: true });
	expect(await set("web", "ready")).toMatchObject({ hold: null, changed: false });
	expect(held.size).toBe(0);
});

test("one that has ended is set for its next start, and has no server", async () => {
	expect(await controller().set("stopped", "maint")).toMatchObject({
		server: null,
		remarks: ["it is in no pool now (died, exit code 0); what is set holds once it is"],
	});
});

test("a container that there is not is answered with names that come near", async () => {
	const { held, set } = controller();

	expect(await set("webb", "drain")).toEqual({ known: false, near: expect.arrayContaining(["web"]) });
	expect(held.size).toBe(0);
});

test.each(["stranger", "proxy"])("%s is none of ours, and can't be set to anything", async (asked) => {
	const { held, set } = controller();

	await expect(set(asked, "drain")).rejects.toMatchObject({ code: "bad-input" });
	expect(held.size).toBe(0);
});

test("before the engine was read once, nobody is known", async () => {
	await expect(controller(false).set("web", "drain")).rejects.toMatchObject({ code: "docker-not-read" });
});
