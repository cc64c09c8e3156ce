import { describe, expect, test } from "vitest";
import { type Answer, attachment, container, policy, surroundings } from "../testing/containers.ts";
import type { Health } from "./container.ts";
import { endpointKey, startOf } from "./endpoint.ts";
import type { Reach } from "./reach.ts";
import { readinessOf } from "./readiness.ts";

const [four, six] = ["10.0.0.2", "fd00::2"];
const port = { port: 3000, from: "exposed" } as const;
const reach = { network: "front", shared: ["front"], owner: "web", addresses: [four, six], certain: false };

type Given = {
	readonly health?: Health;
	readonly reach?: Partial<Reach>;
	/** What the probe found, whichever address it prefers. */
	readonly answer?: Answer;
	/** The address that it is served by now. */
	readonly present?: string;
};

function readiness({ health = "none", answer, present, ...given }: Given) {
	const web = container("web", { health, networks: [attachment("front", "web")] });
	const key = endpointKey({ start: startOf(web), addresses: [four, six], port: 3000 });
	const known = typeof answer === "object" ? [[key, answer] as const] : [];
	const addresses = new Map(present === undefined ? [] : [[web.id, present]]);
	const around = { ...surroundings({ containers: [web], answer: undefined, addresses, policy }) };
	return readinessOf(web, { ...reach, ...given.reach }, port, { ...around, listening: new Map(known) });
}

const listensAt = (address: string): Answer => ({ kind: "listens", address });

describe("with two addresses", () => {
	test.each(["none", "healthy"] as const)(
		"it joins at the one that answers, its health being %s",
		(health) => {
			expect(readiness({ health, answer: listensAt(six) })).toMatchObject({ ready: true, address: six });
		},
	);

	test("it waits until one does, also when Docker calls it healthy", () => {
		const waiting = readiness({ health: "healthy" });

		expect(waiting).toMatchObject({ ready: false, failed: false, probe: { addresses: [four, six] } });
		expect(waiting.problems).toMatchObject([{ code: "not-listening", severity: "notice" }]);
	});

	test("it is not asked before its HEALTHCHECK has passed", () => {
		expect(readiness({ health: "starting" })).not.toHaveProperty("probe");
	});

	test("the one in use is preferred, and is the same endpoint to the probe", () => {
		const { probe } = readiness({ present: six });
		const other = readiness({ present: "10.9.9.9" }).probe;

		expect(probe?.addresses).toEqual([six, four]);
		expect(other?.addresses).toEqual([four, six]);
		expect(probe && endpointKey(probe)).toBe(other && endpointKey(other));
	});
});

test("an address that is certain needs no probe once Docker calls it healthy", () => {
	const certain = { addresses: [four], certain: true };

	expect(readiness({ health: "healthy", reach: certain })).toEqual({
		ready: true,
		why: "healthy",
		address: four,
		problems: [],
	});
});

test("one that may be another's does", () => {
	const uncertain = { addresses: [four], certain: false };

	expect(readiness({ health: "healthy", reach: uncertain })).toMatchObject({ ready: false });
});
