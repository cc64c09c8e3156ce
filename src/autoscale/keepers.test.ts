import { expect, test } from "vitest";
import { build } from "../model/build.ts";
import { container, policy, surroundings } from "../testing/containers.ts";
import { createKeepers } from "./keepers.ts";

const draftOf = (scale: string) =>
	build(surroundings({ containers: [container("web", { labels: { "ballast.scale": scale } })] }));

test("what a pass has found is gone through once, and what the next one finds anew", () => {
	const create = () => {
		throw new Error("nobody is kept here");
	};
	const parts = { language: policy.labels, owner: "us", kept: new Map(), onDone: () => undefined };
	const keepers = createKeepers({ ...parts, create });
	const draft = draftOf("2");

	const [first] = keepers.pools(draft);
	expect(keepers.pools(draft)[0]).toBe(first);
	expect(first?.asked?.policy.max).toBe(2);
	expect(keepers.pools(draftOf("3"))[0]?.asked?.policy.max).toBe(3);
	expect(keepers.pools(undefined)).toEqual([]);
});
