import { expect, test } from "vitest";
import { decide, noMemory } from "../model/scale.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import { sourceFor } from "../testing/scaled-members.ts";
import { observation } from "../testing/scaling.ts";
import { adminPorts } from "../testing/status-builder.ts";
import { createApi } from "./api.ts";
import type { ScaleSources } from "./scale.ts";

const { decision } = decide(sourceFor().asked.policy, noMemory, observation({ ready: 1 }));

function controller(over: Partial<ScaleSources> = {}) {
	const orders = new Map<string, ScaleOrder>();
	const scale: ScaleSources = {
		on: true,
		clock: () => ({ now: 60_000, wall: 1_800_000_000_000 }),
		decisions: () => new Map([["nodes", [decision]]]),
		orders: () => orders,
		order: async (pool, order) => {
			if (order === undefined) orders.delete(pool);
			else orders.set(pool, order);
			return [];
		},
		...over,
	};
	const api = createApi(adminPorts({ scale }));
	const get = async () => await (await api.request("/scale")).json();
	const post = async (body: unknown) => {
		const text = typeof body === "string" ? body : JSON.stringify(body);
		const answer = await api.request("/scale", { method: "POST", body: text });
		const said: object = JSON.parse(await answer.text());
		return { status: answer.status, ...said };
	};
	return { get, post, orders };
}

test("each pool that is scaled is told, with its latest decisions and what a person has set", async () => {
	const { get, orders } = controller();
	const decisions = JSON.parse(JSON.stringify([decision]));
	expect(await get()).toEqual({
		on: true,
		clock: { now: 60_000, wall: 1_800_000_000_000 },
		pools: [{ pool: "nodes", order: null, decisions }],
	});
	orders.set("nodes", "paused");
	expect(await get()).toMatchObject({ pools: [{ order: "paused" }] });
});

test("a size is set, a pause as well, and null takes either back", async () => {
	const { post, orders } = controller();
	for (const order of [3, "paused", 1_000] as const) {
		expect(await post({ pool: "nodes", order })).toEqual({ status: 200, remarks: [] });
		expect(orders.get("nodes")).toBe(order);
	}
	await post({ pool: "nodes", order: null });
	expect(orders.size).toBe(0);
});

test("what could not be kept is remarked", async () => {
	const problem = {
		code: "scale-not-kept",
		severity: "problem",
		subject: "x",
		message: "full",
		hint: "",
	} as const;
	const { post } = controller({ order: async () => [problem] });
	expect(await post({ pool: "nodes", order: 2 })).toEqual({ status: 200, remarks: ["full"] });
});

test.each([
	"{",
	"null",
	{},
	{ pool: "nodes" },
	{ pool: 1, order: 2 },
	...[0, -1, 1.5, 1_001, "3", "auto", true].map((order) => ({ pool: "nodes", order })),
])("%j sets nothing", async (body) => {
	const { post, orders } = controller();
	expect(await post(body)).toMatchObject({ status: 400, code: "bad-input" });
	expect(orders.size).toBe(0);
});

test("a pool that nobody asks a size for is answered with those that there are", async () => {
	const { post, orders } = controller();
	expect(await post({ pool: "nods", order: 2 })).toMatchObject({
		...{
			status: 400,
			code: "bad-input",
			hint: expect.stringMatching(/^there are: nodes; .*ballast problems$/),
		},
		message: expect.stringContaining("nods"),
	});
	expect(orders.size).toBe(0);
	expect(await controller({ decisions: () => new Map() }).post({ pool: "nodes", order: 2 })).toMatchObject({
		hint: expect.stringContaining("the label scale"),
	});
	const off = controller({ on: false, decisions: () => new Map() });
	expect(await off.post({ pool: "nodes", order: 2 })).toMatchObject({
		hint: expect.stringContaining("BALLAST_SCALE=on"),
	});
});

test("what was set for a pool that is not scaled any more can be taken back", async () => {
	const { post, orders } = controller({ decisions: () => new Map() });
	orders.set("nodes", 3);

	expect(await post({ pool: "nodes", order: null })).toEqual({ status: 200, remarks: [] });
	expect(orders.size).toBe(0);
	expect(await post({ pool: "nodes", order: null })).toMatchObject({ status: 400 });
});
