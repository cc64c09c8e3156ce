import { expect, test } from "vitest";
import { type Circumstances, container, surroundings, told } from "../testing/containers.ts";
import type { Container } from "./container.ts";
import { standingOf } from "./standing.ts";

/* Who sleeps: stopped by us, and started again when somebody asks. */

type Case = Partial<Container> & { readonly around?: (self: Container) => Circumstances };

const zero = { "ballast.scale": "0-4" };
const asleep = (self: Container) => ({ asleep: new Map([[self.id, self.startedAt]]) });
const earlier = (self: Container) => ({ asleep: new Map([[self.id, "2025-12-31T00:00:00Z"]]) });

function standing({ around, ...over }: Case) {
	const self = container("web", over);
	return standingOf(self, surroundings({ containers: [self], ...around?.(self) }));
}

function sleeps(asked: Case): boolean {
	const { isAsleep, hasSay } = standing(asked);
	return isAsleep && hasSay;
}

test("who we have stopped does, in that start, with a say in its pool", () => {
	expect(sleeps({ state: "exited", around: asleep })).toBe(true);
	expect(sleeps({ state: "exited", around: earlier })).toBe(false);
	expect(sleeps({ around: earlier })).toBe(false);
});

test("from when it can't be kept any more, before Docker has told of its end, and though it was told to stop", () => {
	expect(standing({ around: asleep })).toMatchObject({
		member: undefined,
		why: "asleep, until somebody asks for it",
		failed: false,
		problems: [],
	});
	expect(sleeps({ around: (self) => ({ ...asleep(self), leaving: [told(self)] }) })).toBe(true);
});

test("one that ended by itself in a pool that is started by requests does", () => {
	expect(sleeps({ state: "exited", labels: zero })).toBe(true);
	expect(sleeps({ state: "exited", labels: { "ballast.scale": "1-4" } })).toBe(false);
	expect(sleeps({ state: "exited", labels: zero, around: () => ({ policy: { scales: false } }) })).toBe(
		false,
	);
});

test("whom a person has stopped does not, nor who is kept out", () => {
	expect(sleeps({ state: "exited", labels: zero, around: (self) => ({ leaving: [told(self)] }) })).toBe(
		false,
	);
	expect(sleeps({ state: "exited", labels: { ...zero, "ballast.enable": "false" } })).toBe(false);
});
