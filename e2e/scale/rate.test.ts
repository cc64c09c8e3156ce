import { expect, test } from "vitest";
import { ballast } from "../harness/proxy.ts";
import { createStage } from "../load/stage.ts";
import { nothingLost } from "../load/verdict.ts";
import { joinScaled } from "./following.ts";
import { decides, runs, scaling } from "./pool.ts";

/** Some 100 requests a second, and less than one in flight. */
const fast = { kept: 8, thinkMs: 120, fresh: 0, methods: "all" } as const;

/* Seen to fail, as one stays alone, without the signal `rps` (`demandOf` in src/model/scale-demand.ts). */
test("a pool grows because of its requests per second, with next to nothing in flight, and says so", async () => {
	await using stage = await createStage("rate", scaling);
	const { sandbox, proxy } = stage;
	const original = await joinScaled(stage, ["scale=1-2", "scale.rps=20"]);

	const verdict = await stage.load(
		"many a second, and hardly any in flight",
		async () => {
			await runs(sandbox, original, `${original}-scale-1`);
			await decides(proxy, ({ observed }) => observed.ready === 2);
		},
		fast,
	);

	const { stdout } = await ballast(proxy, "scale", "nodes", "--explain");
	expect(stdout).toMatch(
		/ up 1: \d+ requests\/s want \d at 20 each\n(.*\n){3} +wanted .*=[\d.]+\/20=0[\d.]*→1 in-flight-6s=[\d.]+\/20=0[\d.]*→1 rps=[\d.]+\/20=/,
	);
	expect(verdict).toMatchObject(nothingLost);
});
