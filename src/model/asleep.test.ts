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

test("whom a person has stopped a moment ago lingers, as it may be back: nobody loses its place for that", () => {
	const stopped = (self: Container, recent: boolean) => {
		const [id, leaving] = told(self);
		return { leaving: [[id, { ...leaving, recent }] as const] };
	};
	const lingers = (asked: Case) => standing(asked).lingers && standing(asked).hasSay;

	expect(lingers({ state: "exited", labels: zero, around: (self) => stopped(self, true) })).toBe(true);
	expect(lingers({ state: "exited", labels: zero, around: (self) => stopped(self, false) })).toBe(false);
	expect(lingers({ state: "exited", around: (self) => stopped(self, true) })).toBe(false);
});

test("with scaling switched off nobody sleeps, and who did is out of use", () => {
	const off = (self: Container) => ({ ...asleep(self), policy: { scales: false } });
	expect(standing({ state: "exited", around: off })).toMatchObject({
		isAsleep: false,
		why: "stopped by Ballast, as nobody asked for it",
		remedy: expect.stringContaining("docker start web"),
	});
});
