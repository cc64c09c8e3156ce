import { expect, test } from "vitest";
import { asOrdered } from "./scale-order.ts";
import { scalePolicyOf } from "./scaled-pools.ts";

const asked = (mode: "auto" | "advise" | "up-only" | "paused" = "auto") =>
	scalePolicyOf({ scale: { min: 1, max: 8 }, "scale.mode": mode }) ?? expect.fail("it is a policy");

test("a person's word comes before what labels say: so many, even where they say less or pause", () => {
	expect(asOrdered(asked(), undefined)).toEqual(asked());
	expect(asOrdered(asked(), "paused")).toEqual({ ...asked(), mode: "paused" });
	for (const mode of ["auto", "up-only", "paused"] as const)
		expect(asOrdered(asked(mode), 12)).toMatchObject({ min: 12, max: 12, mode: "auto" });
});

test("who has only asked for advice gets no more than that", () => {
	expect(asOrdered(asked("advise"), 3)).toMatchObject({ min: 3, max: 3, mode: "advise" });
});
