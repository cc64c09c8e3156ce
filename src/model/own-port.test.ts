import { describe, expect, test } from "vitest";
import { attachment, container, surroundings } from "../testing/containers.ts";
import type { Container } from "./container.ts";
import { standingOf } from "./standing.ts";

const onHost = { networks: [], networkMode: "host" } as const;
const gateway = attachment("front", "proxy", { gateways: ["172.18.0.1"] });
const proxyAt = (...publishedPorts: Container["publishedPorts"]) =>
	container("proxy", { networks: [gateway], publishedPorts });

function standing(app: Partial<Container>, proxy: Container | null, ...others: readonly Container[]) {
	const self = container("app", app);
	return standingOf(self, surroundings({ containers: [self, ...others], proxy }));
}

describe("promise 11: what would make HAProxy ask itself does not join", () => {
	const inProxy = (port: number) => ({
		networkMode: "container:proxy",
		networks: [],
		labels: { "ballast.port": `${port}` },
	});
	const hostApp = (port: number) => ({ ...onHost, labels: { "ballast.port": `${port}` } });
	const hostProxy = container("proxy", onHost);
	const published = proxyAt({ address: "0.0.0.0", port: 8080 });

	test.each([
		["in the proxy's network, at HAProxy's port", inProxy(80), proxyAt(), []],
		["in the proxy's network, at its statistics", inProxy(8404), proxyAt(), []],
		[
			"in the network of a third that the proxy is in",
			{ ...inProxy(80), networkMode: "container:vpn" },
			container("proxy", { networkMode: "container:vpn", networks: [] }),
			[container("vpn")],
		],
		["in the host's network beside the proxy", hostApp(80), hostProxy, []],
		["in the host's network, with the proxy outside of any container", hostApp(80), null, []],
		["in the host's network, at a port published to the proxy", hostApp(8080), published, []],
		[
			"in the host's network, at one published at the gateway",
			hostApp(8080),
			proxyAt({ address: "172.18.0.1", port: 8080 }),
			[],
		],
	] as const)("%s", (_, app, proxy, others) => {
		expect(standing({ ...app, health: "healthy" }, proxy, ...others)).toMatchObject({
			member: undefined,
			failed: false,
			problems: [{ code: "own-port", subject: "app", hint: expect.stringContaining("ballast.port") }],
		});
	});

	test.each([
		["another port of the proxy's network", inProxy(3000), proxyAt()],
		["HAProxy's port of a network of its own", { labels: { "ballast.port": "80" } }, proxyAt()],
		["HAProxy's port of the host, where the proxy is not", hostApp(80), published],
		[
			"one published at another address of the host's",
			hostApp(8080),
			proxyAt({ address: "127.0.0.1", port: 8080 }),
		],
	])("but %s is the app's own", (_, app, proxy) => {
		expect(standing(app, proxy).problems).toEqual([]);
		expect(standing(app, proxy).member?.server.port).toBeGreaterThan(0);
	});
});
