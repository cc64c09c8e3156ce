import { describe, expect, test } from "vitest";
import {
	attachment,
	type Circumstances,
	container,
	policy,
	proxy,
	surroundings,
	told,
} from "../testing/containers.ts";
import type { Container } from "./container.ts";
import { type Standing, standingOf } from "./standing.ts";

type Case = Partial<Container> & { readonly around?: (self: Container) => Circumstances };

function standing({ around, ...over }: Case): Standing {
	const self = container("web", over);
	return standingOf(self, surroundings({ containers: [self], ...around?.(self) }));
}

describe("a container joins", () => {
	const joining: Readonly<Record<string, Case & { readonly why: string }>> = {
		"when it listens and has no health check": { why: "listening" },
		"when Docker calls it healthy, unprobed": {
			health: "healthy",
			around: () => ({ answer: undefined }),
			why: "healthy",
		},
		"when a label of the image says so": {
			labels: { "org.opencontainers.image.title": "x" },
			why: "listening",
		},
		"with enable=true": { labels: { "ballast.enable": "true" }, why: "listening" },
		"though a label of ours is unknown": { labels: { "ballast.wieght": "5" }, why: "listening" },
		"when it is no one-off, as Compose says": {
			labels: { "com.docker.compose.oneoff": "False" },
			why: "listening",
		},
		"again after a start that follows its stop": {
			around: (self) => ({ leaving: [told({ ...self, startedAt: "2025-12-31T00:00:00Z" })] }),
			why: "listening",
		},
		"again when it outlives its stop and listens": {
			around: (self) => ({ leaving: [told(self, "SIGTERM", true)] }),
			why: "listening",
		},
		"again when it outlives its stop, is healthy and listens": {
			health: "healthy",
			around: (self) => ({ leaving: [told(self, "SIGTERM", true)] }),
			why: "listening",
		},
		"when the proxy runs outside of any container": { around: () => ({ proxy: null }), why: "listening" },
	};

	test.each(Object.entries(joining))("%s", (_, { why, ...given }) => {
		expect(standing(given)).toMatchObject({ member: { pool: "nodes" }, why });
	});
});

describe("a container stays out, or leaves", () => {
	type Absence = Case & { readonly why: string; readonly failed?: boolean; readonly code?: string };
	const absent: Readonly<Record<string, Absence>> = {
		"when it is only created": { state: "created", why: "created" },
		"when it is paused": { state: "paused", health: "healthy", why: "paused" },
		"when it is being removed": { state: "removing", exitCode: 3, why: "died, exit code 3", failed: true },
		"when it died": { state: "exited", exitCode: 137, why: "died, exit code 137", failed: true },
		"when it ended well": { state: "exited", exitCode: 0, why: "died, exit code 0", failed: true },
		"when it is dead": { state: "dead", exitCode: 1, why: "died, exit code 1", failed: true },
		"between restarts": { state: "restarting", why: "died, exit code 0", failed: true, code: "restarting" },
		"when memory ran out": {
			state: "exited",
			exitCode: 137,
			outOfMemory: true,
			why: "died, out of memory (oom, exit code 137)",
			failed: true,
		},
		"when it was told to stop, though it still runs": {
			around: (self) => ({ leaving: [told(self)] }),
			why: "told to stop (SIGTERM)",
		},
		"when it was told to stop, though it is still healthy": {
			health: "healthy",
			around: (self) => ({ leaving: [told(self, "SIGQUIT")] }),
			why: "told to stop (SIGQUIT)",
		},
		"when it was killed": {
			around: (self) => ({ leaving: [told(self, "SIGKILL")] }),
			why: "told to stop (SIGKILL)",
			failed: true,
		},
		"in order when it was told to stop and has ended since": {
			state: "exited",
			exitCode: 143,
			around: (self) => ({ leaving: [told(self)] }),
			why: "told to stop (SIGTERM)",
		},
		"as failed when it was killed and has ended since": {
			state: "exited",
			exitCode: 137,
			around: (self) => ({ leaving: [told(self, "SIGKILL")] }),
			why: "told to stop (SIGKILL)",
			failed: true,
		},
		"when it outlives its stop and has not answered anew": {
			health: "healthy",
			around: (self) => ({ leaving: [told(self, "SIGTERM", true)], answer: "not-yet" }),
			why: "its port does not answer yet",
			code: "not-listening",
		},
		"while its health check has not passed": {
			health: "starting",
			why: "its health check has not passed yet",
			code: "health-starting",
		},
		"when it is unhealthy": { health: "unhealthy", why: "unhealthy", failed: true, code: "unhealthy" },
		"while nobody has tried its port": {
			around: () => ({ answer: undefined }),
			why: "its port does not answer yet",
			code: "not-listening",
		},
		"while its port is silent": {
			around: () => ({ answer: "silent" }),
			why: "its port does not answer yet",
			code: "not-listening",
		},
		"with enable=false": { labels: { "ballast.enable": "false" }, why: "kept out by ballast.enable=false" },
		"with a label that can't be understood": {
			labels: { "ballast.port": "http" },
			why: "a label can't be understood",
			code: "bad-label",
		},
		"when it shares no network with the proxy": {
			networks: [attachment("back", "web")],
			why: "it can't be reached",
			code: "no-shared-network",
		},
		"when its port is not known": { exposedPorts: [], why: "its port is not known", code: "unknown-port" },
		"when it is a one-off of Compose": {
			labels: { "com.docker.compose.oneoff": "True" },
			why: "it is a one-off of docker compose run",
		},
		"when it is the proxy itself": {
			around: (self) => ({ proxy: self }),
			why: "it is the proxy itself",
		},
	};

	test.each(Object.entries(absent))("%s", (_, { why, failed = false, code, ...given }) => {
		const found = standing(given);

		expect(found).toMatchObject({ member: undefined, why, failed });
		expect(found.problems.map((problem) => problem.code)).toEqual(code === undefined ? [] : [code]);
	});
});

describe("what passes by itself is a notice, what waits for a person a problem", () => {
	test.each([
		["a health check that has not passed yet", "notice", { health: "starting" }],
		["a port that does not answer yet", "notice", { around: () => ({ answer: "not-yet" }) }],
		["a port that has been silent for long", "problem", { around: () => ({ answer: "silent" }) }],
		["unhealthy", "problem", { health: "unhealthy" }],
	] as const satisfies readonly (readonly [string, string, Case])[])("%s: %s", (_, severity, given) => {
		expect(standing(given).problems).toMatchObject([{ severity, subject: "web" }]);
	});
});

describe("the port is", () => {
	const ports: Readonly<
		Record<string, readonly [readonly number[], string | undefined, number | undefined, number?]>
	> = {
		"the label's, before all else": [[3000], "8080", 9000, 8080],
		"the label's, exposed or not": [[], "8080", undefined, 8080],
		"the only exposed one, before the setting": [[3000], undefined, 9000, 3000],
		"the setting when none is exposed": [[], undefined, 9000, 9000],
		"the setting when several are exposed, though it is none of them": [[80, 443], undefined, 9000, 9000],
		"not known when several are exposed": [[80, 443], undefined, undefined],
		"not known when none is exposed": [[], undefined, undefined],
	};

	test.each(Object.entries(ports))("%s", (_, [exposedPorts, label, setting, port]) => {
		const labels: Record<string, string> = label === undefined ? {} : { "ballast.port": label };
		const found = standing({ exposedPorts, labels, around: () => ({ policy: { port: setting } }) });

		expect(found.member?.server.port).toBe(port);
	});

	test("asked for by the label of the prefix in use when it is not known", () => {
		const labels = { ...policy.labels, prefix: "lb." };
		const found = standing({ exposedPorts: [80, 443], around: () => ({ policy: { labels } }) });

		expect(found.problems[0]?.message).toContain("got the TCP ports 80, 443 exposed and no lb.port");
		expect(found.problems[0]?.hint).toContain("BALLAST_PORT");
	});
});

test("what does not listen is told the whole label that names another port", () => {
	const labels = { ...policy.labels, prefix: "lb." };
	const { problems } = standing({ around: () => ({ answer: "silent", policy: { labels } }) });

	expect(problems[0]?.hint).toContain("name that by the label lb.port");
});

describe("a server", () => {
	test("has the container's name and the first 8 digits of its id, the label's pool and weight", () => {
		const labels = { "ballast.pool": "api", "ballast.weight": "0" };
		const self = container("shop_web.1", { labels });

		expect(standingOf(self, surroundings({ containers: [self] })).member).toEqual({
			pool: "api",
			server: {
				name: `shop_web.1-${self.id.slice(0, 8)}`,
				container: { id: self.id, name: "shop_web.1" },
				address: self.networks[0]?.ipv4,
				port: 3000,
				weight: 0,
			},
		});
	});

	test("has a name that leaves room for a file's, however long the container's is", () => {
		expect(standing({ name: "w".repeat(300) }).member?.server.name).toMatch(/^w{200}-[0-9a-f]{8}$/);
	});

	test("keeps its name for its container's life, whatever the container is called later", () => {
		const self = container("renamed");
		const names = new Map([[self.id, "first-name-12345678"]]);
		const { member } = standingOf(self, surroundings({ containers: [self], names }));

		expect(member?.server).toMatchObject({ name: "first-name-12345678", container: { name: "renamed" } });
	});

	test("is reached by IPv6 where there is nothing else, and by IPv4 where there is both", () => {
		const at = (ipv4: string) => [attachment("front", "web", { ipv4, ipv6: "fd00::2" })];

		expect(standing({ networks: at("") }).member?.server.address).toBe("fd00::2");
		expect(standing({ networks: at("10.0.0.2") }).member?.server.address).toBe("10.0.0.2");
	});

	test("of weight 100 in the pool nodes is what a container gets that asks for nothing", () => {
		expect(standing({}).member).toMatchObject({ pool: "nodes", server: { weight: 100 } });
	});
});

test("one that outlived its stop is probed as another endpoint: what it answered before says nothing", () => {
	const overdue = standing({ around: (self) => ({ leaving: [told(self, "SIGTERM", true)], proxy }) });

	expect(overdue.probe?.start).not.toBe(standing({}).probe?.start);
});
