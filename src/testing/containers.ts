import { createHash } from "node:crypto";
import { build } from "../model/build.ts";
import type { Attachment, Container, Ending, Leaving, Listening, Unreadable } from "../model/container.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import type { Hold } from "../model/fleet.ts";
import type { JoinPolicy, Surroundings } from "../model/surroundings.ts";

/** The id that the container of this name has in tests. */
export function idOf(name: string): string {
	return createHash("sha256").update(name).digest("hex");
}

/** A place in a network, with an address that depends on both names alone. */
export function attachment(network: string, who: string, over: Partial<Attachment> = {}): Attachment {
	const [a = 0, b = 0] = createHash("sha256").update(`${network} ${who}`).digest();
	return { network, networkId: idOf(network), ipv4: `10.0.${a}.${b}`, ipv6: "", gateways: [], ...over };
}

/** A container that joins: it runs in the network `front`, carries the join label and exposes one port. */
export function container(name: string, over: Partial<Container> = {}): Container {
	return {
		id: idOf(name),
		name,
		image: "ballast/webapp",
		created: "2026-01-01T00:00:00Z",
		state: "running",
		startedAt: "2026-01-01T00:00:01Z",
		health: "none",
		exitCode: 0,
		outOfMemory: false,
		exposedPorts: [3000],
		publishedPorts: [],
		networkMode: "front",
		networks: [attachment("front", name)],
		stopSignal: "SIGTERM",
		stopTimeout: 10,
		...over,
		labels: { role: "backend", ...over.labels },
	};
}

export const proxy: Container = { ...container("proxy"), labels: {} };

/** The leaving of a container's present start. */
export function told(of: Container, signal = "SIGTERM", overdue = false): readonly [string, Leaving] {
	return [of.id, { startedAt: of.startedAt, signal, overdue, recent: false }];
}

export const policy: JoinPolicy = {
	labels: { join: "role=backend", prefix: "ballast." },
	port: undefined,
	proxyPorts: [80, 8404],
	scales: true,
};

/** What the probe may have found, in a word: `silent` for so long that a person should hear of it. */
export type Answer = "yes" | "not-yet" | "silent" | Listening;

/** At an endpoint that answers, the first of its addresses does. */
export function heard(answer: Answer, { addresses: [address = ""] }: Endpoint): Listening {
	if (typeof answer !== "string") return answer;
	if (answer === "yes") return { kind: "listens", address };
	return { kind: "deaf", overdue: answer === "silent", fault: "refused" };
}

export type Circumstances = {
	readonly containers?: readonly Container[];
	/** Null: outside of any container. */
	readonly proxy?: Container | null;
	readonly leaving?: readonly (readonly [string, Leaving])[];
	readonly unreadable?: readonly Unreadable[];
	/** Ids, each with the start that ended so. */
	readonly asleep?: ReadonlyMap<string, string>;
	readonly restarted?: readonly (readonly [string, Ending])[];
	/** What the probe says of every port; undefined: it has not tried yet. */
	readonly answer?: Answer | undefined;
	readonly names?: ReadonlyMap<string, string>;
	readonly addresses?: ReadonlyMap<string, string>;
	readonly held?: readonly (readonly [string, Hold])[];
	readonly policy?: Partial<JoinPolicy>;
};

/** A world in which every port answers, unless told otherwise. */
export function surroundings(circumstances: Circumstances = {}): Surroundings {
	const { containers = [], leaving = [], unreadable = [], names = new Map() } = circumstances;
	const around: Surroundings = {
		inventory: {
			proxy: { container: circumstances.proxy === null ? undefined : (circumstances.proxy ?? proxy) },
			containers,
			leaving: new Map(leaving),
			unreadable,
			restarted: new Map(circumstances.restarted),
			asleep: circumstances.asleep ?? new Map(),
		},
		listening: new Map(),
		names,
		addresses: circumstances.addresses ?? new Map(),
		held: new Map(circumstances.held),
		policy: { ...policy, ...circumstances.policy },
	};
	const answer = "answer" in circumstances ? circumstances.answer : "yes";
	if (answer === undefined) return around;
	const { probes } = build(around);
	const listening = probes.map((endpoint) => [endpointKey(endpoint), heard(answer, endpoint)] as const);
	return { ...around, listening: new Map(listening) };
}
