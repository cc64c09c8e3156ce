import { describe, expect, test } from "vitest";
import { attachment, type Circumstances, container, surroundings } from "../testing/containers.ts";
import type { Attachment, Container } from "./container.ts";
import { reachOf } from "./reach.ts";

const front = attachment("front", "web");
const dual = attachment("dual", "web", { ipv4: "10.0.0.2", ipv6: "fd00::2" });
const six = attachment("six", "web", { ipv4: "", ipv6: "fd00:6::2" });
const proxyIn = (...networks: readonly Attachment[]) => container("proxy", { networks });
const onHost = container("proxy", { networks: [], networkMode: "host" });
const leading = (network: string, ...gateways: readonly string[]) =>
	attachment(network, "proxy", { gateways });

function reach(of: Container, circumstances: Circumstances = {}, wanted?: string) {
	return reachOf(of, surroundings(circumstances).inventory, wanted);
}

describe("a container in networks of its own is reached", () => {
	test("at its one address there, for certain", () => {
		expect(reach(container("web"))).toEqual({
			network: "front",
			shared: ["front"],
			owner: "web",
			addresses: [front.ipv4],
			certain: true,
		});
	});

	test("in a dual-stack network at either address, IPv4 first, whichever accepts a connection", () => {
		const web = container("web", { networks: [dual] });

		expect(reach(web, { proxy: proxyIn(attachment("dual", "proxy")) })).toMatchObject({
			addresses: ["10.0.0.2", "fd00::2"],
			certain: false,
		});
	});

	test("in a network of IPv6 alone at that address", () => {
		const web = container("web", { networks: [six] });

		expect(reach(web, { proxy: proxyIn(attachment("six", "proxy")) })).toMatchObject({
			addresses: ["fd00:6::2"],
			certain: true,
		});
	});
});

describe("a container that uses another one's network is reached", () => {
	const vpn = container("vpn", { startedAt: "2026-01-01T00:00:00Z" });
	const app = container("app", { networkMode: `container:${vpn.id}`, networks: [] });

	test("at the other's address", () => {
		expect(reach(app, { containers: [vpn] })).toMatchObject({
			owner: "vpn",
			addresses: [attachment("front", "vpn").ipv4],
		});
	});

	test("not at all once that is lost", () => {
		expect(reach(app)).toMatchObject({ problem: { code: "lost-network", subject: "app" } });
	});

	test("also by a proxy that uses another one's, too", () => {
		const proxy = container("proxy", { networkMode: `container:${vpn.id}`, networks: [] });

		expect(reach(container("web"), { proxy, containers: [vpn] })).toMatchObject({ network: "front" });
	});

	test("in the host's own network, as an app there is", () => {
		const daemon = { ...vpn, networkMode: "host", networks: [] };

		expect(reach(app, { containers: [daemon], proxy: onHost })).toMatchObject({ network: "host" });
	});
});

describe("an app in the host's own network has to accept a connection", () => {
	const app = container("app", { networkMode: "host", networks: [] });

	test.each([
		["in the host's network, too", onHost],
		["outside of any container", null],
	])("at the loopback address, for a proxy %s", (_, proxy) => {
		expect(reach(app, { proxy })).toMatchObject({ addresses: ["127.0.0.1", "::1"], certain: false });
	});

	test.each([
		["the first network with one", undefined, "10.2.0.1"],
		["the first network with one, when the label asks for host", "host", "10.2.0.1"],
		["the network that its label names", "c", "10.3.0.1"],
	])("at the gateway of %s", (_, wanted, address) => {
		const proxy = proxyIn(leading("c", "10.3.0.1"), leading("b", "10.2.0.1"), leading("a"));

		expect(reach(app, { proxy }, wanted)).toMatchObject({
			addresses: [address],
			shared: ["b", "c"],
			certain: false,
		});
	});

	test("or can't be reached from internal networks alone, which have no gateway", () => {
		expect(reach(app, { proxy: proxyIn(leading("inner")) })).toMatchObject({
			problem: {
				code: "no-shared-network",
				message: expect.stringContaining(
					"no network that the proxy is in has a gateway to it: the proxy is in inner",
				),
				hint: expect.stringContaining("--network host"),
			},
		});
	});

	test("or by the network that its label names, which is another", () => {
		expect(reach(app, { proxy: proxyIn(leading("a", "10.1.0.1")) }, "b")).toMatchObject({
			problem: { code: "no-such-network", message: expect.stringContaining("its label asks for b") },
		});
	});
});

test.each([
	["in a network", container("web")],
	["in the host's own", container("web", { networkMode: "host", networks: [] })],
])(
	"promise 11: nothing is shared with an engine on another machine, whose addresses mean others here: %s",
	(_, of) => {
		const { inventory } = surroundings({ proxy: null });
		const proxy = { container: undefined, farEngine: "ssh://far", routes: ["10.0.0.0/8"] };

		expect(reachOf(of, { ...inventory, proxy }, undefined)).toMatchObject({
			problem: {
				code: "no-shared-network",
				message: expect.stringContaining("the engine at ssh://far is another machine's"),
				hint: expect.stringContaining("in a container of that engine"),
			},
		});
	},
);
