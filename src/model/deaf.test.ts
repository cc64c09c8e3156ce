import { expect, test } from "vitest";
import { container, policy } from "../testing/containers.ts";
import type { ConnectFault } from "./container.ts";
import { deaf, type PortChoice } from "./deaf.ts";

const reach = { network: "a", shared: ["a"], owner: "web", addresses: ["10.0.0.2"], certain: true };

function problem(
	fault: ConnectFault | undefined,
	over: { readonly reach?: Partial<typeof reach>; readonly from?: PortChoice["from"] } = {},
) {
	const port = { port: 3000, from: over.from ?? "exposed" } as const;
	return deaf(
		{ container: container("web"), reach: { ...reach, ...over.reach }, port, policy },
		{ kind: "deaf", overdue: true, fault },
	);
}

test.each([
	[
		"refused",
		"refused: the address is there, and nothing listens at that port",
		"let the app listen on 0.0.0.0",
	],
	["no-answer", "no answer within half a second", "docker stats web"],
	["no-way", "the proxy has no way to that address", "docker inspect web"],
] as const)("what was seen there is told, with what helps against it: %s", (fault, seen, remedy) => {
	const { message, hint } = problem(fault);

	expect(message).toBe(
		"nothing accepts connections at 10.0.0.2:3000 yet; it joins as soon as something does",
	);
	expect(hint).toMatch(new RegExp(`^${seen}; `));
	expect(hint).toContain(remedy);
});

test("what is seen there may change from one try to the next: that makes no other problem of it", () => {
	const messages = ([undefined, "refused", "no-answer", "no-way"] as const).map(
		(fault) => problem(fault).message,
	);

	expect(new Set(messages).size).toBe(1);
});

test.each([
	[
		"exposed",
		"which is the only one that its image exposes; if it listens at another, name that by the label ballast.port",
	],
	["label", "which its label ballast.port names"],
	["setting", "which BALLAST_PORT names for all that don't say; the label ballast.port names another"],
] as const)("a port by %s that refuses is told whence it comes", (from, hint) => {
	expect(problem("refused", { from }).hint).toContain(hint);
});

test("every address that was tried is named", () => {
	expect(problem("refused", { reach: { addresses: ["10.0.0.2", "fd00::2"] } }).message).toContain(
		"neither at 10.0.0.2:3000 nor at [fd00::2]:3000",
	);
});

test("another network that both are in is a way out of silence", () => {
	expect(problem("no-answer", { reach: { shared: ["a", "b"] } }).hint).toContain(
		"the label ballast.network can name another that both are in: b",
	);
});
