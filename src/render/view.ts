import { AppError } from "../errors.ts";
import type { Fleet, Pool, PoolPolicy, Route, Server } from "../model/fleet.ts";
import { lightened } from "../model/lightened.ts";
import { byText } from "../model/order.ts";
import type { ProxyOptions } from "./options.ts";
import { serverLine } from "./server.ts";

/** What templates see, as `it`: words to print, and nothing left to decide. */
export type View = ProxyOptions & {
	/** The structure's id: what the running process is asked for. */
	readonly structure: string;
	readonly pools: readonly PoolView[];
	readonly routes: readonly Route[];
	/** Pools that requests wait for while there is no server. */
	readonly waits: readonly WaitView[];
};

type WaitView = { readonly pool: string; readonly ms: number; readonly most: number };

type PoolView = {
	readonly name: string;
	readonly size: string;
	/** What binds a client to one server, if anything does. */
	readonly sticky: PoolPolicy["sticky"];
	/** In a pool that is sticky by cookie: the cookie's name, and the key of its values. */
	readonly cookie: { readonly name: string; readonly key: string } | undefined;
	/** The path of HAProxy's own health check; undefined: it only connects. */
	readonly check: string | undefined;
	/** It is one of `waits`. */
	readonly isWaitedFor: boolean;
	readonly servers: readonly ServerView[];
};

type ServerView = {
	readonly name: string;
	/** The container's name, and its id as `docker ps` shows it. */
	readonly container: string;
	readonly containerId: string;
	/** Address, port and all options: what follows the name. */
	readonly options: string;
};

/** The same view for the same fleet, in whatever order its parts come. */
export function viewOf(fleet: Fleet, options: ProxyOptions, structure: string): View {
	return {
		...options,
		structure,
		pools: sortedBy(fleet.pools, ({ name }) => name).map((pool) => poolView(pool, options)),
		waits: sortedBy(fleet.pools, ({ name }) => name).flatMap(({ name, wait }) =>
			wait === undefined ? [] : { pool: word(name), ...wait },
		),
		routes: sortedBy(fleet.routes, ({ match }) => match).map(routeView),
	};
}

function poolView(pool: Pool, { cookieKey }: ProxyOptions): PoolView {
	const { name, sticky, check, wait } = pool;
	const servers = lightened(pool);
	return {
		name: word(name),
		size: servers.length === 1 ? "1 server" : `${servers.length || "no"} servers`,
		sticky,
		cookie: sticky === "cookie" ? { name: cookieName(word(name)), key: word(cookieKey) } : undefined,
		check: check === undefined ? undefined : path(check),
		isWaitedFor: wait !== undefined,
		servers: sortedBy(servers, (server) => server.name).map((server) => serverView(server, pool)),
	};
}

/** Of the pool's own name: two pools behind one host must not take each other's for theirs. */
export function cookieName(pool: string): string {
	return `ballast-${pool}`;
}

function serverView(server: Server, pool: Pool): ServerView {
	return {
		name: word(server.name),
		container: word(server.container.name),
		containerId: word(server.container.id).slice(0, 12),
		options: serverLine({ ...server, address: word(server.address) }, { ...pool, name: word(pool.name) }),
	};
}

function routeView({ match, pool }: Route): Route {
	return { match: match === "*" ? match : word(match), pool: word(pool) };
}

/**
 * Text that stems from a container, once more, where it becomes configuration: it was parsed by an allow-list when it was
 * read, and a gap there must not become a directive here.
 */
function word(text: string): string {
	return matching(/^[a-zA-Z0-9_.:-]+$/, text);
}

function path(text: string): string {
	return matching(/^\/[a-zA-Z0-9/._~?=&-]*$/, text);
}

function matching(allowed: RegExp, text: string): string {
	if (allowed.test(text)) return text;
	throw new AppError("not-renderable", `${JSON.stringify(text)} can't stand in haproxy.cfg`, {
		hint: "this is a fault of Ballast's, please report it; rename the container until it is mended",
	});
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
	return items.toSorted((a, b) => byText(key(a), key(b)));
}
