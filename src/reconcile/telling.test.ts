import { expect, test } from "vitest";
import { AppError } from "../errors.ts";
import type { Container } from "../model/container.ts";
import { container } from "../testing/containers.ts";
import { createFakeWorld } from "../testing/fake-world.ts";
import { looping } from "../testing/looping.ts";

const [a, b] = [container("a", { health: "healthy" }), container("b", { health: "healthy" })];
const unreachable = new AppError("docker-unreachable", "no engine");

test("what happens is told in order: who came and went, pools, the reload, what is new of problems", async () => {
	const bad = container("bad", { labels: { "ballast.port": "x" } });
	const { world, clock, trigger, told } = await looping(createFakeWorld({ containers: [a, bad] }));
	const events = () => told.splice(0).map((one) => `${one.event} ${"pool" in one ? one.pool : ""}`.trim());
	const next = async (...containers: readonly Container[]) => {
		world.holds({ containers });
		trigger.hint({});
		await clock.advance(1_000);
		return events();
	};
	expect(events()).toEqual(["member-join", "member-join", "pool-filled nodes", "reload", "problem"]);
	expect(await next(a, b, bad)).toEqual(["member-join"]);
	expect(await next(b)).toEqual(["member-leave"]);
	expect(await next()).toEqual(["member-leave", "pool-empty nodes"]);

	world.faults.read = unreachable;
	expect(await next()).toEqual(["problem"]);
	await clock.advance(20_000);
	expect(events()).toEqual([]);
});
