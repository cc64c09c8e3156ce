import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attachment, container, idOf } from "../testing/containers.ts";
import type { Attachment, Container, Self } from "./container.ts";
import { networkOf as networkOfHome } from "./network.ts";

const web = (...networks: readonly Attachment[]) => container("web", { networks });
const proxyIn = (...networks: readonly string[]): Self => ({
	container: container("proxy", { networks: networks.map((network) => attachment(network, "proxy")) }),
});
const outside: Self = { container: undefined };
const onHost: Self = { container: container("proxy", { networks: [], networkMode: "host" }) };

function networkOf(of: Container, proxy: Self, wanted: string | undefined) {
	return networkOfHome({ container: of, home: of }, proxy, wanted);
}

function chosen(...[of, proxy, wanted]: Parameters<typeof networkOf>): string {
	const choice = networkOf(of, proxy, wanted);
	return "problem" in choice ? choice.problem.code : choice.attachment.network;
}

describe("a container is reached by", () => {
	const [a, b, c] = ["a", "b", "c"].map((name) => attachment(name, "web"));
	if (a === undefined || b === undefined || c === undefined) throw new Error("three networks");

	test.each([
		["the only network that both are in", web(a, b), proxyIn("b"), undefined, "b"],
		["the first by name of several", web(c, b, a), proxyIn("b", "c"), undefined, "b"],
		["the one its label names", web(a, b), proxyIn("a", "b"), "b", "b"],
		["any of its networks from outside of a container", web(c, b), outside, undefined, "b"],
		["any of its networks from the host's own", web(c, b), onHost, undefined, "b"],
		[
			"none when the label names one that the proxy is not in",
			web(a, b),
			proxyIn("a"),
			"b",
			"no-such-network",
		],
		["none when the label names one that it is not in", web(a), proxyIn("a", "b"), "b", "no-such-network"],
		["none when nothing is shared", web(a), proxyIn("b"), undefined, "no-shared-network"],
		["none when it is in no network", web(), proxyIn("a"), undefined, "no-shared-network"],
		["none when it has no address, from outside too", web(), outside, undefined, "no-shared-network"],
	] as const)("%s", (_, of, proxy, wanted, expected) => {
		expect(chosen(of, proxy, wanted)).toBe(expected);
	});
});

test("the choice does not depend on the order of attachment, on either side", () => {
	const names = fc.shuffledSubarray(["a", "b", "c", "d", "e"], { minLength: 1 });

	fc.assert(
		fc.property(names, names, (its, ours) => {
			const of = (list: readonly string[]) => web(...list.map((name) => attachment(name, "web")));
			expect(networkOf(of(its), proxyIn(...ours), undefined)).toEqual(
				networkOf(of([...its].sort()), proxyIn(...[...ours].sort()), undefined),
			);
		}),
	);
});

test("networks are the same by id, not by name", () => {
	const namesake = attachment("front", "web", { networkId: idOf("another engine's front") });

	expect(chosen(web(namesake), proxyIn("front"), undefined)).toBe("no-shared-network");
});

test("of two networks of one name, the first by id is taken", () => {
	const twins = ["2".repeat(64), "1".repeat(64)].map((networkId) =>
		attachment("front", "web", { networkId }),
	);
	const choice = networkOf(web(...twins), outside, "front");

	expect(choice).toMatchObject({ attachment: { networkId: "1".repeat(64) } });
});

test.each([
	["10.1.0.2", "", "a"],
	["10.2.0.2", "", "a"],
	["10.9.0.2", "", "b"],
	["", "fd00:1::2", "a"],
	["", "fd00:9::2", "b"],
])("on the host, a network counts that the host is in itself: with %s%s it is %s", (ipv4, ipv6, expected) => {
	const routes = ["10.1.0.0/16", "10.2.0.0/24", "fd00:1:0000:0000:0000:0000:0000:0000/64"];
	const its = web(attachment("a", "web", { ipv4, ipv6 }), attachment("b", "web", { ipv4: "10.2.0.9" }));

	expect(chosen(its, { ...onHost, routes }, undefined)).toBe(expected);
});

test("the routes of a pass are read once, however many containers are checked against them", () => {
	let read = 0;
	const routes = new Proxy(["10.0.0.0/8"], {
		get: (target, key) => {
			if (key === Symbol.iterator) read += 1;
			return Reflect.get(target, key);
		},
	});
	for (const name of ["a", "b", "c"])
		expect(chosen(web(attachment(name, "web")), { ...onHost, routes }, undefined)).toBe(name);

	expect(read).toBe(1);
});

test("on the host, a container in a network that the host is not in can't be reached", () => {
	expect(chosen(web(attachment("a", "web")), { ...outside, routes: ["10.99.0.0/16"] }, undefined)).toBe(
		"no-shared-network",
	);
});

test("a network in which it has no address yet does not count", () => {
	const pending = attachment("a", "web", { ipv4: "" });

	expect(chosen(web(pending, attachment("b", "web")), proxyIn("a", "b"), undefined)).toBe("b");
});

test("an address of IPv6 alone is one", () => {
	expect(chosen(web(attachment("a", "web", { ipv4: "", ipv6: "fd00::2" })), proxyIn("a"), undefined)).toBe(
		"a",
	);
});

describe("a container that can't be reached is a problem naming both sides' networks", () => {
	function problemOf(...[of, proxy, wanted]: Parameters<typeof networkOf>) {
		const choice = networkOf(of, proxy, wanted);
		return "problem" in choice ? choice.problem : undefined;
	}

	test("when they share none", () => {
		const its = web(attachment("shop_b", "web"), attachment("shop_a", "web"));

		expect(problemOf(its, proxyIn("front", "edge"), undefined)).toEqual({
			code: "no-shared-network",
			severity: "problem",
			subject: "web",
			message: "it shares no network with the proxy: it is in shop_a, shop_b, the proxy in edge, front",
			hint: "connect one to the other's: docker network connect edge web",
		});
	});

	test("when the label's is not shared", () => {
		expect(problemOf(web(attachment("a", "web")), proxyIn("b"), "c")).toMatchObject({
			code: "no-such-network",
			message: "its label asks for the network c, but it is in a, and the proxy in b",
		});
	});

	test("when it is in none, with the two commands that help", () => {
		const lonely = container("web", { networks: [], networkMode: "none" });

		expect(problemOf(lonely, proxyIn("front"), undefined)).toMatchObject({
			message: expect.stringContaining("it is in none (network mode none)"),
			hint: "make it anew in front, or: docker network disconnect none web && docker network connect front web",
		});
	});

	test("when it uses another one's, which is the one to connect", () => {
		const vpn = container("vpn", { networks: [attachment("tunnel", "vpn")] });
		const choice = networkOfHome({ container: web(), home: vpn }, proxyIn("front"), undefined);

		expect(choice).toMatchObject({
			problem: {
				subject: "web",
				message: expect.stringMatching(
					/^vpn, whose network it uses, shares no network with the proxy: it is in tunnel/,
				),
				hint: expect.stringContaining("docker network connect front vpn"),
			},
		});
	});

	test.each([
		["outside of any container", outside],
		["in the host's own network", onHost],
	])("when the proxy runs %s, which is no network to connect to", (_, proxy) => {
		expect(problemOf(web(), proxy, undefined)).toMatchObject({
			message: expect.stringContaining("the proxy in the host's own network"),
			hint: expect.stringContaining("run it in a bridge network"),
		});
	});

	test("when the proxy has left its last network", () => {
		expect(problemOf(web(attachment("front", "web")), proxyIn(), undefined)?.hint).toBe(
			"connect the proxy to its network: docker network connect front proxy",
		);
	});

	test("when the proxy's own network mode is one that can't be connected", () => {
		const proxy = container("proxy", { networks: [], networkMode: "none" });

		expect(problemOf(web(attachment("front", "web")), { container: proxy }, undefined)?.hint).toBe(
			"run the proxy in front instead: Docker connects none that is in network mode none",
		);
	});
});
