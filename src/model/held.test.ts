import { expect, test } from "vitest";
import { type Circumstances, container, surroundings } from "../testing/containers.ts";
import { explained, labelled } from "../testing/explained.ts";
import type { Container } from "./container.ts";
import { type Standing, standingOf } from "./standing.ts";

function standing(over: Partial<Container>, held: Circumstances["held"] = []): Standing {
	const self = container("web", over);
	return standingOf(self, surroundings({ containers: [self], held }));
}

test("what a person has set for a container is its server's state, and is known while it is out, too", () => {
	const held = [[container("web").id, "drain"]] as const;

	expect(standing({}, held)).toMatchObject({ hold: "drain", member: { server: { state: "drain" } } });
	expect(standing({ state: "exited" }, held)).toMatchObject({ hold: "drain", member: undefined });
	expect(standing({}).member?.server).not.toHaveProperty("state");
});

test("how long it may finish what is in flight is what its label says, else its stop timeout", () => {
	expect(standing({ stopTimeout: 7 }).drainSeconds).toBe(7);
	expect(standing({ labels: { "ballast.drain": "1m" }, state: "exited" }).drainSeconds).toBe(60);
});

test.each([
	["drain", "It takes no new clients: a person has drained it"],
	["maint", "It gets no requests: a person has put it into maintenance"],
] as const)("what a person has set (%s) comes first, and how it is taken back", (hold, why) => {
	const web = labelled({});
	const { state, verdict, remedies } = explained(web, {
		held: [[web.id, hold]],
		over: () => ({ haproxy: "MAINT" }),
	});

	expect(state).toBe("idle");
	expect(verdict).toContain(why);
	expect(remedies).toEqual(["make it ready: ballast ready web"]);
});

test("whom scaling takes away, no person has drained", () => {
	const web = labelled({});
	const { verdict, remedies } = explained(web, {
		held: [[web.id, "drain"]],
		over: () => ({ isGoing: true }),
	});

	expect(verdict).toContain("It takes no new clients: scaling takes it away, as fewer are wanted.");
	expect(remedies).toEqual(["see why: ballast scale nodes --explain"]);
});

test("one that is out, and was drained, is told what comes once it is back", () => {
	const web = labelled({}, { state: "exited" });

	expect(explained(web, { held: [[web.id, "drain"]] }).remedies).toContain(
		"once it joins, it takes no new clients: a person has drained it; take that back with: ballast ready web",
	);
});
