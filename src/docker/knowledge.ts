import type { Container, Self, Unreadable } from "../model/container.ts";
import { wantsToJoin } from "../model/labels.ts";
import { homeOf } from "../model/lender.ts";
import type { DockerClient } from "./client.ts";
import { createGateways } from "./gateways.ts";
import { createLenders } from "./lenders.ts";
import { type Found, unreadableOf } from "./look.ts";
import { isCertain, isSelf, selfUnknown } from "./self.ts";

/** By id: those with the join label, and those whose network one of them uses. */
export type Known = ReadonlyMap<string, Container>;

type Knowing = {
	readonly known: Known;
	readonly self: Self;
	readonly unreadable: readonly Unreadable[];
};

/** What is known of the engine. Each change is made as a whole, or not at all when it throws. */
export type Knowledge = {
	readonly now: () => Knowing;
	/** What was found of those that were asked for; the others are as before. */
	readonly add: (found: readonly Found[], asked: ReadonlySet<string>, signal: AbortSignal) => Promise<void>;
	/** All there is. */
	readonly replace: (
		found: readonly Found[],
		unreadable: readonly Unreadable[],
		signal: AbortSignal,
	) => Promise<void>;
};

type KnowledgeParts = {
	readonly client: Pick<DockerClient, "engine" | "inspect" | "bridges">;
	readonly joinLabel: string;
	readonly self: string | undefined;
	readonly routes?: () => Promise<readonly string[] | undefined>;
};

export function createKnowledge(parts: KnowledgeParts): Knowledge {
	const { client, joinLabel, routes = async () => undefined } = parts;
	const lenders = createLenders(client);
	const gateways = createGateways(client);
	let now: Knowing = { known: new Map(), self: { container: undefined }, unreadable: [] };

	async function take(read: Reading, signal: AbortSignal): Promise<void> {
		const proxy = proxyAmong(read.found, now.self.container, parts.self, client.engine);
		const { candidates, joining, users } = laidOver(read, now.known, proxy, joinLabel);
		const lent = await lenders.of(users, candidates, now.known, signal);
		const known = new Map([...lent.lenders, ...joining]);
		const self = await selfAmong(known, proxy, signal);
		const unread = lent.unread.map((one) => unreadableOf(one, known.get(one.id)));
		const others = read.unreadable.filter(({ id }) => !unread.some((one) => one.id === id));
		now = { self, known, unreadable: [...others, ...unread] };
	}

	/** With what it takes to reach others from where we are. */
	async function selfAmong(known: Known, proxy: Container | undefined, signal: AbortSignal): Promise<Self> {
		const isInNone = proxy === undefined || proxy.networks.length === 0;
		const isAnyOnHost = [...known.values()].some(({ networkMode }) => networkMode === "host");
		return {
			container: proxy,
			farEngine: proxy === undefined && !isLocal(client.engine) ? client.engine : undefined,
			routes: isInNone ? await routes() : undefined,
			bridges: isAnyOnHost ? await gateways.of(networksOf(proxy, known), signal) : undefined,
		};
	}

	return {
		now: () => now,
		add: async (found, asked, signal) => {
			const unreadable = now.unreadable.filter(({ id }) => !asked.has(id));
			await take({ before: now.known, found, unreadable }, signal);
		},
		replace: async (found, unreadable, signal) => {
			lenders.lookAgain();
			gateways.lookAgain();
			await take({ before: new Map(), found, unreadable }, signal);
		},
	};
}

/** The networks that the proxy is in may be another container's. */
function networksOf(proxy: Container | undefined, known: Known): Container["networks"] {
	if (proxy === undefined) return [];
	const around = { proxy: { container: proxy }, containers: [...known.values()] };
	const lent = homeOf(proxy, { ...around, leaving: new Map(), unreadable: [] });
	return "home" in lent ? lent.home.networks : [];
}

/** An engine at a socket or a loopback address is this machine's; one elsewhere is if it knows the container that we run in. */
function isLocal(engine: string): boolean {
	return /^(unix:|(tcp|ssh):\/\/([^@/]*@)?(localhost|127(\.\d+){3}|::1)(:\d+)?(\/|$))/.test(engine);
}

/** What a read found, to be laid over what was known `before`. */
type Reading = {
	readonly before: Known;
	readonly found: readonly Found[];
	readonly unreadable: readonly Unreadable[];
};

/** Throws where the engine was asked about the container that we certainly run in, and never knew it. */
function proxyAmong(
	found: readonly Found[],
	before: Container | undefined,
	self: string | undefined,
	engine: string,
): Container | undefined {
	const own = found.find(({ id }) => isSelf(id, self));
	const proxy = own?.container ?? before;
	if (self !== undefined && isCertain(self) && own !== undefined && proxy === undefined)
		throw selfUnknown(self, engine);
	return proxy;
}

/**
 * What was known before with what was found over it and the proxy; those of them that join; and who may use another's
 * network.
 */
function laidOver(
	{ before, found }: Reading,
	known: Known,
	proxy: Container | undefined,
	joinLabel: string,
): { readonly candidates: Known; readonly joining: Known; readonly users: readonly Container[] } {
	const after = new Map(before);
	for (const { id, container } of found.map((one) => inItsStart(one, known.get(one.id)))) {
		if (container === undefined) after.delete(id);
		else after.set(container.id, container);
	}
	const joining = new Map([...after].filter(([, { labels }]) => wantsToJoin(labels, joinLabel)));
	if (proxy === undefined) return { candidates: after, joining, users: [...joining.values()] };
	return { candidates: after.set(proxy.id, proxy), joining, users: [...joining.values(), proxy] };
}

/**
 * An engine that is restarted under its containers (live-restore) calls each of them `starting` until their next check.
 * To us, what was healthy stays so until a check says otherwise, or it starts anew.
 */
function inItsStart({ id, container }: Found, before: Container | undefined): Found {
	const isAnew = container?.health === "starting" && before?.health === "healthy";
	if (!isAnew || container.startedAt !== before.startedAt) return { id, container };
	return { id, container: { ...container, health: "healthy" } };
}
