import { AppError } from "../errors.ts";
import type { Fleet, Pool, Route, Server } from "../model/fleet.ts";
import { byText } from "../model/order.ts";
import type { ProxyOptions } from "./options.ts";
import { serverOptions } from "./server.ts";

/** What templates see, as `it`: words to print, and nothing left to decide. */
export type View = ProxyOptions & {
	/** The generation's id. */
	readonly generation: string;
	readonly pools: readonly PoolView[];
	readonly routes: readonly Route[];
};

type PoolView = {
	readonly name: string;
	readonly size: string;
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
export function viewOf(fleet: Fleet, options: ProxyOptions, generation: string): View {
	return {
		...options,
		generation,
		pools: sortedBy(fleet.pools, ({ name }) => name).map(poolView),
		routes: sortedBy(fleet.routes, ({ match }) => match).map(routeView),
	};
}

function poolView({ name, servers }: Pool): PoolView {
	return {
		name: word(name),
		size: servers.length === 1 ? "1 server" : `${servers.length || "no"} servers`,
		servers: sortedBy(servers, (server) => server.name).map(serverView),
	};
}

function serverView(server: Server): ServerView {
	return {
		name: word(server.name),
		container: word(server.container.name),
		containerId: word(server.container.id).slice(0, 12),
		options: serverOptions({ ...server, address: word(server.address) }),
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
	if (/^[a-zA-Z0-9_.:-]+$/.test(text)) return text;
	throw new AppError("not-renderable", `${JSON.stringify(text)} can't stand in haproxy.cfg`, {
		hint: "this is a fault of Ballast's, please report it; rename the container until it is mended",
	});
}

function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
	return items.toSorted((a, b) => byText(key(a), key(b)));
}
