import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Listening } from "../model/container.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import { createProbe, gapAt, isItsOwnPeer } from "./probe.ts";

const { signal } = new AbortController();

const yes: Listening = { kind: "listens", address: "127.0.0.1" };
const silent: Listening = { kind: "deaf", overdue: true, fault: "refused" };

/** A port that is free, and how to begin to listen at it. */
async function freePort(): Promise<{
	readonly endpoint: Endpoint;
	readonly listen: () => Promise<Listener>;
}> {
	const { port, close } = await listenAt(0);
	await close();
	return { endpoint: { start: "app@1", addresses: ["127.0.0.1"], port }, listen: () => listenAt(port) };
}

type Listener = {
	readonly port: number;
	readonly connections: () => number;
	readonly close: () => Promise<void>;
};

async function listenAt(wanted: number, host = "127.0.0.1"): Promise<Listener> {
	let connections = 0;
	const server: Server = createServer((socket) => {
		connections += 1;
		socket.on("error", () => undefined).resume();
	});
	await new Promise<void>((resolve) => server.listen(wanted, host, resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("expected a port");
	const close = async () => {
		await new Promise((resolve) => server.close(resolve));
	};
	return { port: address.port, connections: () => connections, close };
}

test("an endpoint that listens is found at the first try", async () => {
	const server = await listenAt(0);
	const changes: Endpoint[] = [];
	await using probe = createProbe({ onChange: (endpoint) => changes.push(endpoint) });
	const endpoint = { start: "app@1", addresses: ["127.0.0.1"], port: server.port };

	probe.watch([endpoint]);
	expect(probe.listening()).toEqual(
		new Map([[endpointKey(endpoint), { kind: "deaf", overdue: false, fault: undefined }]]),
	);
	await probe.settled(signal);

	expect(probe.listening()).toEqual(new Map([[endpointKey(endpoint), yes]]));
	expect(changes).toEqual([endpoint]);
	await server.close();
});

test("an endpoint that begins to listen is found then, and no sooner", async () => {
	const { endpoint, listen } = await freePort();
	const changed = Promise.withResolvers<void>();
	await using probe = createProbe({ onChange: () => changed.resolve() });
	probe.watch([endpoint]);
	await probe.settled(signal);
	expect([...probe.listening().values()]).toEqual([{ kind: "deaf", overdue: false, fault: "refused" }]);

	const server = await listen();
	await changed.promise;

	expect([...probe.listening().values()]).toEqual([yes]);
	await server.close();
});

test("once it has answered, an endpoint is not asked again as long as it is watched", async () => {
	const server = await listenAt(0);
	await using probe = createProbe({ onChange: () => undefined });
	const endpoint = { start: "app@1", addresses: ["127.0.0.1"], port: server.port };
	probe.watch([endpoint]);
	await probe.settled(signal);

	probe.watch([endpoint]);
	await probe.settled(signal);
	expect(server.connections()).toBe(1);

	const anotherStart = { ...endpoint, start: "app@2" };
	probe.watch([anotherStart]);
	await probe.settled(signal);
	await expect.poll(() => server.connections()).toBe(2);
	expect([...probe.listening().keys()]).toEqual([endpointKey(anotherStart)]);
	await server.close();
});

test("an endpoint that is no longer watched is left alone", async () => {
	const { endpoint, listen } = await freePort();
	await using probe = createProbe({ onChange: () => undefined });
	probe.watch([endpoint]);
	await probe.settled(signal);

	probe.watch([]);
	const server = await listen();
	const other = { ...endpoint, start: "other@1" };
	probe.watch([other]);
	await probe.settled(signal);

	expect([...probe.listening()]).toEqual([[endpointKey(other), yes]]);
	expect(server.connections()).toBe(1);
	await server.close();
});

test("of several addresses the first that accepts is told, and the preferred one when all do", async () => {
	const server = await listenAt(0);
	await using probe = createProbe({ onChange: () => undefined });
	const at = (...addresses: readonly string[]) => ({ start: "app@1", addresses, port: server.port });
	const found = async (...addresses: readonly string[]) => {
		probe.watch([at(...addresses)]);
		await probe.settled(signal);
		return [...probe.listening().values()];
	};

	expect(await found("::1", "127.0.0.1")).toEqual([yes]);
	expect(await found("127.0.0.1", "::1")).toEqual([yes]);
	const everywhere = await listenAt(0, "::");
	probe.watch([{ ...at("::1", "127.0.0.1"), port: everywhere.port }]);
	await probe.settled(signal);
	expect([...probe.listening().values()]).toEqual([{ kind: "listens", address: "::1" }]);
	await everywhere.close();
	await server.close();
});

test("which address is preferred may change without another try", async () => {
	const server = await listenAt(0);
	await using probe = createProbe({ onChange: () => undefined });
	const endpoint = { start: "app@1", addresses: ["127.0.0.1", "::1"], port: server.port };
	probe.watch([endpoint]);
	await probe.settled(signal);
	probe.watch([{ ...endpoint, addresses: ["::1", "127.0.0.1"] }]);
	await probe.settled(signal);

	expect(server.connections()).toBe(1);
	await server.close();
});

test.each([
	["nothing listens", "127.0.0.1", "refused"],
	["nobody has the address", "192.0.2.77", "no-answer"],
	["no route leads to the address", "255.255.255.255", "no-way"],
])("why an endpoint is deaf is told: %s", async (_, address, fault) => {
	const { endpoint } = await freePort();
	await using probe = createProbe({ onChange: () => undefined });
	probe.watch([{ ...endpoint, addresses: [address] }]);
	await probe.settled(signal);

	expect([...probe.listening().values()]).toEqual([{ kind: "deaf", overdue: false, fault }]);
});

test("an endpoint that has not answered for 10 s is silent, which is told once, and may answer later", async () => {
	const { endpoint, listen } = await freePort();
	const told: (Listening | undefined)[] = [];
	const clock = hurried();
	await using probe = createProbe({
		onChange: () => told.push(probe.listening().get(endpointKey(endpoint))),
		clock,
	});

	probe.watch([endpoint]);
	await expect.poll(() => told).toEqual([silent]);
	const server = await listen();

	await expect.poll(() => told).toEqual([silent, yes]);
	await server.close();
});

test("gaps grow with age: 1 ms at first, 0.5 % of the age for a second, 1 % at 2 s, 5 % from 10 s on, 1 s at most", () => {
	const ages = [0, 100, 300, 2_000, 4_000, 10_000, 60_000];
	expect(ages.map((age) => gapAt(age, 1))).toEqual([1, 1, 1.5, 20, 80, 500, 1_000]);
});

test("gaps grow with how many are awaited: all together cost 1,000 tries a second", () => {
	expect([1, 10, 200].map((awaited) => gapAt(100, awaited))).toEqual([1, 10, 200]);
	expect(gapAt(10_000, 200)).toBe(500);
});

test("what listens, is overdue or is no longer watched is not awaited, and others are tried as often as before", async () => {
	const gaps: number[] = [];
	const { endpoint } = await freePort();
	const others = Array.from({ length: 50 }, (_, other) => ({ ...endpoint, start: `other@${other}` }));
	await using probe = createProbe({ onChange: () => undefined, clock: hurried((ms) => gaps.push(ms)) });
	probe.watch([endpoint, ...others]);
	await probe.settled(signal);
	expect(Math.max(...gaps)).toBeGreaterThanOrEqual(50);

	probe.watch([]);
	gaps.length = 0;
	probe.watch([{ ...endpoint, start: "app@2" }]);
	await expect.poll(() => gaps.length).toBeGreaterThan(3);

	expect(gaps.slice(0, 3)).toEqual([1, 1, 1]);
});

test("promise 12: waiting for the first answers ends on abort", async () => {
	const stopping = new AbortController();
	await using probe = createProbe({ onChange: () => undefined });
	probe.watch([{ start: "app@1", addresses: ["192.0.2.1"], port: 9 }]);
	const settled = probe.settled(stopping.signal);

	stopping.abort(new Error("stopping"));

	await expect(settled).rejects.toThrow("stopping");
});

/** A clock on which each wait takes no time and passes all the same. */
function hurried(slept: (ms: number) => void = () => undefined) {
	let time = 0;
	return {
		now: () => time,
		wall: () => time,
		sleep: async (ms: number, until: AbortSignal) => {
			time += ms;
			slept(ms);
			await systemClock.sleep(0, until);
		},
	};
}

test("a connection to a port where nobody listens, from that same port, is nobody's answer", async () => {
	const host = "127.0.0.1";
	const { port } = (await freePort()).endpoint;
	const self = connect({ host, port, localAddress: host, localPort: port });
	await once(self, "connect");
	expect(isItsOwnPeer(self)).toBe(true);
	self.destroy();

	const listener = await listenAt(0);
	const other = connect({ host, port: listener.port });
	await once(other, "connect");
	expect(isItsOwnPeer(other)).toBe(false);
	other.destroy();
	await listener.close();
});
