import { afterAll, beforeAll, expect, test } from "vitest";
import { remove } from "../harness/servers.ts";
import { manners } from "./apps.ts";
import { createStage, die, kill, type Stage, stop } from "./stage.ts";
import { noSafeLost, nothingLost } from "./verdict.ts";

const rounds = 6;

let stage: Stage;

beforeAll(async () => {
	stage = await createStage("stops");
	await Promise.all([stage.join("graceful"), stage.join("graceful")]);
});
afterAll(async () => stage[Symbol.asyncDispose]());

/* Seen to fail, for the one that serves on, where nobody heard of the signal (`note` in src/docker/leaving.ts): a POST in six stops. */
test.each(manners)("promise 9: docker stop of one of three, an app that is %s", async (manner) => {
	const verdict = await stage.load(`docker stop, ${manner}`, async () => {
		for (let round = 0; round < rounds; round += 1) await leaveOnce(manner, stop, round);
	});

	expect(verdict).toMatchObject(manner === "serves on" ? nothingLost : noSafeLost);
});

/* Seen to fail without `retry-on` in templates/partials/defaults.cfg.eta: 10 safe requests of 3,281, and 11 of 3,149. */
test.each([
	["docker kill", kill],
	["an app that dies by itself", die],
])("promise 9: %s takes one of three", async (title, leave) => {
	const verdict = await stage.load(title, async () => {
		for (let round = 0; round < rounds; round += 1) await leaveOnce("exits at once", leave, round);
	});

	expect(verdict).toMatchObject(noSafeLost);
});

/** In the middle of it all the structure changes, too. */
async function leaveOnce(
	manner: (typeof manners)[number],
	leave: (container: string) => Promise<void>,
	round: number,
): Promise<void> {
	const leaves = await stage.join(manner);
	await Promise.all([leave(leaves), round === rounds / 2 ? stage.restructure() : undefined]);
	await remove(leaves);
}
