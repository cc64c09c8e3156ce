import { expect, test } from "vitest";
import { decide, noMemory, type ScaleDecision } from "../model/scale.ts";
import { sourceFor } from "../testing/scaled-members.ts";
import { observation } from "../testing/scaling.ts";
import { createDiary } from "./diary.ts";

const { policy } = sourceFor().asked;
const observed = observation({ ready: 1 });

function noted(...decisions: readonly Partial<ScaleDecision>[]) {
	const lines: unknown[] = [];
	const diary = createDiary({
		info: (facts: unknown, text?: unknown) => void lines.push(`${Object(facts).pool}: ${text}`),
	});
	for (const over of decisions)
		diary.note({ ...decide(policy, noMemory, observed).decision, ...over }, "nodes");
	return { lines, all: diary.all().map(({ kind, why }) => `${kind}: ${why}`) };
}

test("a row of those that hold is one, the latest; what is done is not lost among them", () => {
	const up = { kind: "up", by: 1, why: "more" } as const;
	const hold = { kind: "hold", by: 0 } as const;
	const { all } = noted({ ...hold, why: "a" }, { ...hold, why: "b" }, up, { ...hold, why: "c" });
	expect(all).toEqual(["hold: b", "up: more", "hold: c"]);
});

test("the latest twenty are kept", () => {
	const many = Array.from({ length: 30 }, (_, index) => ({ kind: "up", why: `${index}` }) as const);
	expect(noted(...many).all).toEqual(many.slice(-20).map(({ why }) => `up: ${why}`));
});

test("advice is told once, and not that there is nothing to do", () => {
	const up = { kind: "up", by: 2, why: "more", advice: true } as const;
	expect(noted(up, up, { ...up, kind: "hold" }, up).lines).toEqual(
		Array(2).fill("nodes: scaling would up: more"),
	);
	expect(noted({ ...up, advice: false }).lines).toEqual([]);
	// Numbers change each second.
	expect(noted({ ...up, why: "62 in flight" }, { ...up, why: "63 in flight" }).lines).toHaveLength(1);
});
