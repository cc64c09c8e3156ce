import { expect, test } from "vitest";
import { createStage } from "../load/stage.ts";
import { nothingLost } from "../load/verdict.ts";
import { joinScaled, rise } from "./following.ts";
import { scaling } from "./pool.ts";

test("promise 9: when load rises there are more containers, and no request is lost", async () => {
	await using stage = await createStage("scale", scaling);
	await joinScaled(stage);

	expect(await rise(stage)).toMatchObject(nothingLost);
});
