import { expect, test } from "vitest";
import { createEventMemory } from "./event-memory.ts";

const event = (at: number, action = "die") => ({ containerId: "web", action, at });

test("asks for what came since the last event, and a little before, as times may be out of order", () => {
	const memory = createEventMemory(undefined);
	expect(memory.since()).toBeUndefined();
	memory.judge(event(50_000), undefined);
	expect(memory.since()).toBe(49_000);
	// The engine's clock was set back.
	memory.judge(event(20_000), undefined);
	expect(memory.since()).toBe(19_000);
});

test("what a new stream tells again is known, what happened before it was opened was missed, and the rest is news", () => {
	const memory = createEventMemory(undefined);
	memory.judge(event(50_000, "kill"), undefined);
	expect(memory.judge(event(50_000, "kill"), 61_000)).toBe("known");
	expect(memory.judge(event(49_990, "kill"), 61_000)).toBe("missed");
	expect(memory.judge(event(55_000), 61_000)).toBe("missed");
	expect(memory.judge(event(61_000, "stop"), 61_000)).toBe("news");
});

test("what an earlier life has heard is known, and nothing that comes after it", () => {
	const memory = createEventMemory(50_000);
	expect(memory.since()).toBe(50_000);
	expect(memory.judge(event(49_000), 61_000)).toBe("known");
	expect(memory.judge(event(50_001), 61_000)).toBe("missed");
});

test("a stream that has caught up tells news, whatever the engine's clock says", () => {
	const memory = createEventMemory(50_000);
	expect(memory.judge(event(10), undefined)).toBe("news");
	expect(memory.judge(event(10), undefined)).toBe("news");
});

test("knows as many as the engine keeps", () => {
	const memory = createEventMemory(undefined);
	for (let at = 1; at <= 257; at += 1) memory.judge(event(at), undefined);
	expect(memory.judge(event(2), 1_000)).toBe("known");
	expect(memory.judge(event(1), 1_000)).toBe("missed");
});
