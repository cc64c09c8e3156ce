import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { fakeId } from "../../src/testing/fake-container.ts";
import { followingLoop } from "../../src/testing/following-loop.ts";

/*
 * Five thousand containers on a fake engine, and the whole controller but for HAProxy, in this process. What is counted is
 * requests, not time.
 */
const size = 5_000;
const within = { timeout: 60_000, interval: 50 };

test("promise 1: a stream that is cut every three seconds costs no inspect of five thousand, and loses no event", async () => {
	const world = await followingLoop();
	const { docker, life, start, pool } = world;
	const old = new Date(Date.now() - 3_600_000).toISOString();
	for (let n = 0; n < size; n += 1) docker.add({ ...world.backend(`app-${n}`), startedAt: old });
	docker.emit(fakeId("app-0"), "nothing of interest");
	docker.cut();
	await expect.poll(() => pool().length, within).toBe(size);
	await delay(3_000);

	docker.requests.length = 0;
	const asked = (what: RegExp) => docker.requests.filter((one) => what.test(one)).length;
	docker.faults.cutStreams = 3_000;
	docker.cut();
	for (let round = 0; round < 10; round += 1) {
		start(`new-${round}`);
		life.stop(fakeId(`app-${10 * round}`));
		life.remove(fakeId(`app-${10 * round + 1}`));
		life.restart(fakeId(`app-${10 * round + 2}`));
		life.becomes(fakeId(`app-${10 * round + 3}`), "unhealthy");
		await expect.poll(() => pool().length, within).toBe(size - 2 * (round + 1));
		await delay(1_500);
	}

	expect(pool()).not.toContain("app-90");
	expect(pool()).toContain("new-9");
	await expect.poll(() => asked(/\/events/), within).toBeGreaterThan(4);
	await expect.poll(() => asked(/\/containers\/json/), within).toBeGreaterThan(4);
	expect(asked(/\/containers\/[0-9a-f]{64}\/json/)).toBeLessThan(size / 5);
	const codes = world.status.view().problems.map(({ code }) => code);
	expect(new Set(codes), "that it is cut is no problem").toEqual(new Set(["unhealthy"]));
}, 240_000);
