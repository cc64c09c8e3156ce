import { expect, test } from "vitest";
import { docker, inspect } from "../harness/docker.ts";
import { createStage } from "../load/stage.ts";
import { nothingLost } from "../load/verdict.ts";
import { fall, joinScaled, rise } from "./following.ts";
import { allIn, deedsOf, runningIn, scaling } from "./pool.ts";

/* Seen to fail where nobody waits for what is in flight (`retire` in src/autoscale/retire.ts): a POST of 10,015 requests. */
test("promise 9: containers follow the load up and down, no request is lost, and nothing is left behind", async () => {
	await using stage = await createStage("scale", scaling);
	const original = await joinScaled(stage);
	const volumes: string[] = [];

	const rising = await rise(stage, async () => {
		const clones = (await runningIn(stage.sandbox)).filter((name) => name !== original);
		volumes.push(...(await Promise.all(clones.map(anonymousVolumesOf))).flat());
	});
	const falling = await fall(stage, original);

	expect(rising).toMatchObject(nothingLost);
	expect(falling).toMatchObject(nothingLost);
	expect(await allIn(stage.sandbox)).toEqual([original]);
	expect(volumes.length).toBeGreaterThanOrEqual(4);
	const left = (await docker("volume", "ls", "--quiet")).split("\n");
	expect(volumes.filter((volume) => left.includes(volume))).toEqual([]);
	const deeds = (await deedsOf(stage.proxy)).map((deed) => deed.split(" ")[0]);
	expect(deeds.filter((deed) => deed === "scale-up")).toHaveLength(deeds.length / 2);
});

async function anonymousVolumesOf(container: string): Promise<readonly string[]> {
	const mounts = (await inspect(container, ".Mounts")) as readonly { readonly Name?: string }[];
	return mounts.flatMap(({ Name = "" }) => (/^[0-9a-f]{64}$/.test(Name) ? [Name] : []));
}
