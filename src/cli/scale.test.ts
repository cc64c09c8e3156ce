import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { serveAdmin } from "../admin/server.ts";
import { decide, noMemory, type ScaleDecision } from "../model/scale.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import { sourceFor } from "../testing/scaled-members.ts";
import { observation } from "../testing/scaling.ts";
import { adminPorts } from "../testing/status-builder.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { scaleText, scaleVerb } from "./scale.ts";

/** At 63 in flight for a second, one container of two that is ready. */
const samples = [0, 250, 500, 750, 1_000].map((at) => ({
	...{ at, inFlight: 63, queued: 0, requests: at, responseMs: 20, queueMs: 0 },
}));
const { decision } = decide(
	sourceFor().asked.policy,
	noMemory,
	observation({ now: 1_000, samples, ready: 1, starting: 1, canStart: 4 }),
);
const hold: ScaleDecision = { ...decision, kind: "hold", by: 0, why: "as many as are wanted" };

const plain = (text: string): readonly string[] =>
	stripVTControlCharacters(text)
		.split("\n")
		.map((line) => line.trimEnd());

const row = (over: object = {}) => ({ pool: "nodes", order: null, decisions: [hold, decision], ...over });

test("a pool is a row: how many there are, are wanted and may be, and what was decided last", () => {
	expect(plain(scaleText({ on: true, pools: [row()] }))).toEqual([
		"POOL   NOW  STARTING  GOING  WANTED  BETWEEN  SET  LATEST",
		"nodes  1    1         0      4       1-8           up 2: 63 in flight want 4 at 20 each",
	]);
});

test("advice is told as such, an order has its column, and one can be new or blind", () => {
	const advice = { ...decision, advice: true };
	const [, advised, blind, fresh] = plain(
		scaleText({
			on: true,
			pools: [
				row({ decisions: [advice], order: "paused" }),
				row({ decisions: [{ ...hold, demand: undefined }] }),
				row({ decisions: [], order: 3 }),
			],
		}),
	);
	expect(advised).toContain("paused  would up 2: ");
	expect(blind).toMatch(/ \? .*hold: as many as are wanted$/);
	expect(fresh).toMatch(/ 3 +nothing decided yet$/);
});

test("where there is nothing to show it says why", () => {
	expect(scaleText({ on: false, pools: [] })).toContain("BALLAST_SCALE=on");
	// One that carries the label may be refused.
	expect(scaleText({ on: true, pools: [] })).toMatch(/^No pool is scaled\. .*ballast problems$/);
});

afterEach(() => vi.restoreAllMocks());

/** What the verb prints, and what it has set. */
async function ran(
	asked: string | undefined,
	flags: { explain?: boolean; json?: boolean; on?: boolean } = {},
) {
	await using directory = await temporaryDirectory();
	const orders = new Map<string, ScaleOrder>();
	const { on = true, explain = false, json = false } = flags;
	const set: unknown[] = [];
	const scale = {
		on,
		clock: () => ({ now: 0, wall: Date.UTC(2026, 10, 21, 12) }),
		decisions: () => new Map(on ? [["nodes", [hold, decision]]] : []),
		orders: () => orders,
		order: async (pool: string, order: ScaleOrder | undefined) => {
			set.push([pool, order]);
			return [];
		},
	};
	const socket = join(directory.path, "ballast.sock");
	await using _ = await serveAdmin(socket, adminPorts({ scale }));
	const print = vi.spyOn(console, "log").mockImplementation(() => undefined);
	await scaleVerb(socket, asked, { explain, json });
	return { text: print.mock.calls.flat().join("\n"), set };
}

test.each<[string, readonly unknown[]]>([
	["nodes=3", ["nodes", 3]],
	["nodes=1000", ["nodes", 1_000]],
	["nodes=pause", ["nodes", "paused"]],
	["nodes=paused", ["nodes", "paused"]],
	["nodes=resume", ["nodes", undefined]],
	["nodes=auto", ["nodes", undefined]],
])("%s sets that, and shows the pool", async (asked, order) => {
	const { text, set } = await ran(asked);
	expect(set).toEqual([order]);
	expect(text).toContain("nodes");
});

test.each([
	"nodes=",
	"nodes=0",
	"nodes=1001",
	"nodes=many",
	"=pause",
	"nodes=Resume",
	"nodes=-1",
	"=3",
	"",
	"nodes=3=4",
])("%j is refused with what is expected", async (asked) => {
	await expect(ran(asked)).rejects.toMatchObject({
		code: "bad-input",
		message: `expected <pool>=<number from 1 to 1000>, =pause or =resume, got ${JSON.stringify(asked)}`,
	});
});

test("where there is nothing to explain it says why, too", async () => {
	expect((await ran(undefined, { explain: true, on: false })).text).toContain("BALLAST_SCALE=on");
});

test("a pool that is not scaled is told with those that are", async () => {
	await expect(ran("other")).rejects.toMatchObject({
		code: "bad-input",
		hint: expect.stringMatching(/^there are: nodes; .*ballast problems$/),
	});
});

test("explained, each decision has its time and the numbers that went in", async () => {
	const { text } = await ran("nodes", { explain: true });
	expect(text).toMatch(/^nodes\n {2}12:00:01Z hold: as many as are wanted\n {4}asked {3}min=1 max=8 /);
	expect(text).toMatch(/^ {2}12:00:01Z up 2: 63 in flight want 4 at 20 each$/m);
	for (const fact of ["serving=2", "canStart=4", "in-flight-6s=63/20=3.15→4", "window=600s", "pace=+8/-1"])
		expect(text).toContain(fact);
});

test("as JSON it is the answer itself, of this pool", async () => {
	const { text } = await ran("nodes", { json: true });
	expect(JSON.parse(text)).toMatchObject({ on: true, pools: [{ pool: "nodes", order: null }] });
});
