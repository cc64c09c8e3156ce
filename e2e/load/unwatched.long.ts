import { expect, test } from "vitest";
import { sh } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { createStage, kill, servedBy } from "./stage.ts";
import { everyKind } from "./traffic.ts";
import { noSafeLost } from "./verdict.ts";

/*
 * A request that finds one of them is tried again, and may find the other, and so on until HAProxy's own checks have seen it.
 * Seen to fail with `retries 3` in templates/partials/defaults.cfg.eta, and without `timeout check` there, which has the
 * checks take 8 s instead of 4.
 */
test("promise 9: two of six are killed at once while no controller is there to hear of it", async () => {
	await using stage = await createStage("unwatched");
	const apps = await Promise.all(Array.from({ length: 6 }, async () => stage.join("graceful")));
	const killed = apps.slice(0, 2);
	await sh(stage.proxy.name, "s6-svc -wD -T 60000 -d /run/service/controller");
	const verdict = await stage.load(
		"two of six killed",
		async () => {
			await Promise.all(killed.map(kill));
			await eventually(async () => {
				const served = await servedBy(stage.proxy, "nodes");
				expect(killed.filter((one) => served.includes(one))).toEqual([]);
			});
		},
		{ ...everyKind, kept: 32, methods: "GET" },
	);

	expect(verdict).toMatchObject(noSafeLost);
});
