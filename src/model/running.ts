/** What a HAProxy process has, as it says itself. */
export type Running = {
	/** Another process is another one, whatever it has. */
	readonly pid: number;
	/** The structure that it has loaded: `Generation.structure`. */
	readonly structure: string;
	/** By `<pool>/<server>`, those that Ballast knows nothing of among them. */
	readonly servers: ReadonlyMap<string, RunningServer>;
};

export type RunningServer = {
	readonly pool: string;
	readonly server: string;
	readonly address: string;
	readonly port: number;
	/** `maint`: nobody is sent there; `drain`: no new clients are. Whether it is up is another matter. */
	readonly state: "ready" | "drain" | "maint";
	/** 0 to 256: as it is now, whoever set it. */
	readonly weight: number;
};

/** The key of a server among those of all pools. */
export function runningName({ pool, server }: Pick<RunningServer, "pool" | "server">): string {
	return `${pool}/${server}`;
}

/**
 * Whether a server of this name is Ballast's: each ends in eight digits of its container's id. Others stand in an operator's
 * own template, and are left alone.
 */
export function isOurs({ server }: Pick<RunningServer, "server">): boolean {
	return /-[0-9a-f]{8}$/.test(server);
}
