/** All that HAProxy should serve now. A value: compared, rendered, kept beside the generation it became. */
export type Fleet = {
	/** By name, ascending. */
	readonly pools: readonly Pool[];
	/** By match, ascending. */
	readonly routes: readonly Route[];
};

/** A set of servers that share one policy: a `backend` section. */
export type Pool = PoolPolicy & {
	readonly name: string;
	/** By name, ascending. */
	readonly servers: readonly Server[];
};

/** What holds for all servers of a pool. */
export type PoolPolicy = {
	/** What binds a client to one server: a cookie, or its address. Absent: nothing does. */
	readonly sticky?: "cookie" | "source";
	/** The path that HAProxy asks for at its own health checks, such as `/healthz`. Absent: it only connects. */
	readonly check?: string;
	/** While there is no server, requests wait for one, so many at a time, for so many milliseconds each. Absent: they don't. */
	readonly wait?: { readonly ms: number; readonly most: number };
};

/** One container's endpoint in a pool: a `server` line. */
export type Server = {
	/** `<container name, made safe>-<8 hex of the id>`, fixed for the container's life. */
	readonly name: string;
	readonly container: ContainerRef;
	/** An IP literal. */
	readonly address: string;
	readonly port: number;
	/** 0 to 256, HAProxy's range; 0 takes no new clients. */
	readonly weight: number;
	/** Requests at a time; the others wait. Absent: as many as come. */
	readonly maxconn?: number;
	/** What a person has set. Absent: it is served. */
	readonly state?: Hold;
};

/** How a server is held back. `drain`: no new clients, those that are bound to it still come; `maint`: nobody comes. */
export type Hold = "drain" | "maint";

export type ContainerRef = { readonly id: string; readonly name: string };

/** Which pool answers for a host; `*` is the default entry. */
export type Route = { readonly match: string; readonly pool: string };

/** The pool a container joins when it names none, and which the default route leads to. */
export const defaultPool = "nodes";

export const emptyFleet: Fleet = {
	pools: [{ name: defaultPool, servers: [] }],
	routes: [{ match: "*", pool: defaultPool }],
};

/** A server with the pool it stands in. */
export type Member = { readonly pool: string; readonly server: Server };

/** Every server of every pool, in the fleet's order. */
export function membersOf(fleet: Fleet): readonly Member[] {
	return fleet.pools.flatMap((pool) => pool.servers.map((server) => ({ pool: pool.name, server })));
}

export function policyOf({ name, servers, ...policy }: Pool): PoolPolicy {
	return policy;
}
