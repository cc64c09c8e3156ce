/** What a pool has to do, as HAProxy counts it. */
export type PoolLoad = {
	readonly pool: string;
	/** Requests that wait for any server, or for one of these. */
	readonly queued: number;
	/** Requests that wait as there is no server; undefined: this process lets none wait. */
	readonly held: number | undefined;
	/** Since the process started; a reload carries it over, and a start begins anew. */
	readonly requests: number;
	/** Means over the last 1,024 requests, in milliseconds: how long they waited for a server; and connection and response together. */
	readonly queueMs: number;
	readonly responseMs: number;
	readonly servers: readonly ServerLoad[];
};

export type ServerLoad = {
	readonly server: string;
	/** In service there now. */
	readonly current: number;
	/** HAProxy finds it up, and it takes new clients. */
	readonly open: boolean;
};
