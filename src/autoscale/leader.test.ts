import { expect, test } from "vitest";
import { crash } from "../testing/fates.ts";
import { scaledContainer, scaledWorld } from "../testing/scaled-world.ts";

test("where another proxy leads, nothing is made, removed or taken away, and what would be is told", async () => {
	const world = scaledWorld(scaledContainer("web", "2"));
	world.now.leader = "older";
	world.run();
	await world.advance(3_000);

	expect(world.calls).toEqual([]);
	expect(world.scaler.decisions().get("nodes")?.at(-1)).toMatchObject({ kind: "mend", by: 1, advice: true });
	expect(world.scaler.problems()).toMatchObject([{ code: "scale-elsewhere", subject: "older" }]);
});

test("once the other has ended, it goes on with what it finds", async () => {
	const world = scaledWorld(scaledContainer("web", "3"));
	world.run();
	await world.advance(3_000);
	world.now.leader = "older";
	await world.advance(2_000);
	world.happens("web-scale-1", ...crash);
	world.happens("web", { state: "exited" }, "kill", "die", "stop");
	await world.advance(30_000);
	expect(world.all()).toEqual(["web", "web-scale-1", "web-scale-2"]);

	world.now.leader = undefined;
	await world.advance(15_000);
	expect(world.all()).toEqual(["web"]);
	expect(world.scaler.problems()).toEqual([]);
});
