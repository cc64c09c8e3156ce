import { expect, test } from "vitest";
import { soak } from "./soak.ts";

test("two minutes of all that can happen at random: no safe request is lost, all agree, and nothing leaks", async () => {
	// Always the same way: `make soak` takes others.
	const seed = 5;
	const faults = await soak({ minutes: 2, seed, tell: (line) => console.log(line) });

	expect({ seed, faults }).toEqual({ seed, faults: [] });
});
