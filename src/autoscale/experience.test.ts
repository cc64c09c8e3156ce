import { expect, test } from "vitest";
import { container } from "../testing/containers.ts";
import { createExperience } from "./experience.ts";

const nothing = { ready: [], failed: [], parked: 0 };
const failed = (early: boolean, name = "web-scale-1") => ({
	...nothing,
	failed: [{ id: name, name, isClone: true, early }],
});

test("a start takes what the latest five took, in the middle", () => {
	const { heed, told } = createExperience();
	expect(told()).toEqual({ failures: { count: 0, lastAt: 0 } });
	heed({ ...nothing, ready: [60_000] }, 0);
	heed({ ...nothing, ready: [9_000, 1_000] }, 1);
	expect(told().measuredReadyMs).toBe(9_000);
	heed({ ...nothing, ready: [2_000, 3_000, 4_000] }, 2);
	expect(told().measuredReadyMs).toBe(3_000);
});

test("starts that fail in a row are counted and told, until one succeeds", () => {
	const { heed, told, problem } = createExperience();
	heed(failed(true), 5);
	heed(failed(true, "web-scale-2"), 9);
	expect(told().failures).toEqual({ count: 2, lastAt: 9 });
	expect(problem()).toMatchObject({
		code: "clone-not-ready",
		subject: "web-scale-2",
		message: expect.stringContaining("in a row"),
	});

	heed({ ...nothing, ready: [1_000] }, 10);
	expect([told().failures.count, problem()]).toEqual([0, undefined]);
});

test("one that ends after it was ready is no failed start", () => {
	const { heed, told, problem } = createExperience();
	heed(failed(false), 5);
	expect([told().failures.count, problem()]).toEqual([0, undefined]);
});

test("how one that was woken ended is told once that is known, be it later than that it did", () => {
	const { heed, problem } = createExperience();
	const web = container("web");
	const woken = { id: web.id, name: "web", isClone: false, early: true };
	heed({ ...nothing, failed: [woken] }, 5);
	expect(problem()?.message).toContain("and ended, before it was ready");
	heed(nothing, 6, [{ container: web, died: undefined }]);
	heed(nothing, 7, [{ container: web, died: "died, exit code 3" }]);
	expect(problem()?.message).toContain("and died, exit code 3, before it was ready");

	heed({ ...nothing, failed: [woken] }, 8, [{ container: web, died: "died, exit code 4" }]);
	expect(problem()?.message).toContain("and died, exit code 4, before it was ready, 2 times in a row");
	heed({ ...nothing, ready: [1_000] }, 9, [{ container: web, died: "died, exit code 4" }]);
	expect(problem()).toBeUndefined();
});

test("failures are counted on by the next controller, as if the last one had been now", () => {
	const first = createExperience();
	expect(first.kept()).toBeUndefined();
	first.heed(failed(true), 5);
	const next = createExperience(first.kept(), 1_000);

	expect(next.told().failures).toEqual({ count: 1, lastAt: 1_000 });
	expect(next.problem()).toEqual(first.problem());
});

test("another generation begins anew", () => {
	const { heed, told, problem, forget } = createExperience();
	heed({ ...nothing, ready: [1_000] }, 0);
	heed(failed(true), 5);
	forget();
	expect([told(), problem()]).toEqual([{ failures: { count: 0, lastAt: 0 } }, undefined]);
});
