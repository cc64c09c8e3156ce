import { describe, expect, test } from "vitest";
import { type Circumstances, container, surroundings, told } from "../testing/containers.ts";
import type { Container } from "./container.ts";
import { homeOf, lenderOf } from "./lender.ts";

const using = (lender: string) => `container:${lender}`;
const borrower = (name: string, lender: string, over: Partial<Container> = {}) =>
	container(name, { networkMode: using(lender), networks: [], startedAt: "2026-01-01T00:00:05Z", ...over });

const vpn = container("vpn", { labels: { role: "none" } });
const app = borrower("app", vpn.id);

function home(of: Container, circumstances: Circumstances): string {
	const lent = homeOf(of, surroundings(circumstances).inventory);
	return "home" in lent ? lent.home.name : lent.problem.message;
}

test.each([
	["container:0123456789ab", "0123456789ab"],
	["container:vpn", "vpn"],
	["bridge", undefined],
	["host", undefined],
	["none", undefined],
])("network mode %s uses the network of %s", (networkMode, lender) => {
	expect(lenderOf(container("app", { networkMode }))).toBe(lender);
});

describe("a container is at home", () => {
	test("with itself", () => {
		expect(home(vpn, { containers: [vpn] })).toBe("vpn");
	});

	test.each([
		["full id", vpn.id],
		["id's beginning", vpn.id.slice(0, 12)],
		["name", "vpn"],
	])("with the one whose network it uses, by its %s", (_, ref) => {
		expect(home(borrower("app", ref), { containers: [vpn] })).toBe("vpn");
	});

	test("at the end of a chain", () => {
		const second = borrower("second", app.id, { startedAt: "2026-01-01T00:00:06Z" });

		expect(home(second, { containers: [second, app, vpn] })).toBe("vpn");
	});

	test("with the proxy, when it uses the proxy's network", () => {
		expect(home(borrower("app", "proxy"), {})).toBe("proxy");
	});

	test("with one that is paused, or has outlived its stop", () => {
		const paused = { ...vpn, state: "paused" } as const;

		expect(home(app, { containers: [paused] })).toBe("vpn");
		expect(home(app, { containers: [vpn], leaving: [told(vpn, "SIGTERM", true)] })).toBe("vpn");
	});
});

describe("a network that is lost is a problem which says how, when its owner", () => {
	test.each([
		["is gone", [], "which is not there"],
		["has ended", [{ ...vpn, state: "exited" } as const], "which does not run (exited)"],
		["was started anew", [{ ...vpn, startedAt: "2026-01-01T00:00:09Z" }], "which was started anew after it"],
	])("%s", (_, containers, message) => {
		expect(home(app, { containers })).toContain(message);
	});

	test("was told to stop, at the signal", () => {
		expect(home(app, { containers: [vpn], leaving: [told(vpn)] })).toContain(
			"it uses the network of vpn, which was told to stop (SIGTERM)",
		);
	});

	test("is itself, or one that uses its own in turn: chains end", () => {
		const [a, b] = [borrower("a", "b"), borrower("b", "a")];
		const self = borrower("self", "self");

		expect(home(a, { containers: [a, b] })).toContain("uses its network in turn");
		expect(home(self, { containers: [self] })).toContain("uses its network in turn");
	});

	test("at the end of a chain has gone", () => {
		const second = borrower("second", app.id);
		const lent = homeOf(second, surroundings({ containers: [second, app] }).inventory);

		expect(lent).toMatchObject({
			problem: {
				code: "lost-network",
				subject: "second",
				message: expect.stringContaining("by way of app, which is not there"),
				hint: expect.stringContaining("make app anew"),
			},
		});
	});
});

test("the remedy is to start the owner first, and then the one that uses its network", () => {
	const lent = homeOf(app, surroundings({ containers: [{ ...vpn, state: "exited" }] }).inventory);

	expect(lent).toMatchObject({
		problem: { hint: expect.stringContaining("docker start vpn && docker restart app") },
	});
});

test("of a lender that the engine does not tell of, nobody says that it is gone", () => {
	const unreadable = [{ id: vpn.id, name: "vpn", message: "refused with status 403" }];
	const lent = homeOf(app, surroundings({ unreadable }).inventory);

	expect(lent).toMatchObject({
		problem: {
			code: "lost-network",
			message: expect.stringContaining("which the engine does not tell of"),
			hint: expect.stringMatching(/guard .* GET on \/containers\//),
		},
	});
});
