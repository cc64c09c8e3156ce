/** A container as Docker tells of it, in our own words. Made by docker/inspect.ts, from `docker inspect`. */
export type Container = {
	/** 64 hexadecimal digits. */
	readonly id: string;
	/** Without Docker's leading slash. */
	readonly name: string;
	/** The image as the user named it, such as `nginx:1`. */
	readonly image: string;
	/** When it was created, ISO 8601; the older of two containers decides for a pool. */
	readonly created: string;
	readonly state: ContainerState;
	/** When this run of it began, ISO 8601. `id` and `startedAt` together name one start. */
	readonly startedAt: string;
	readonly health: Health;
	/** How its last run ended; 0 while it runs. */
	readonly exitCode: number;
	readonly outOfMemory: boolean;
	/** The container's own labels and its image's, as Docker merges them. */
	readonly labels: Readonly<Record<string, string>>;
	/** TCP ports that the image or the run command exposes, ascending. */
	readonly exposedPorts: readonly number[];
	/** What of the host leads to it, while it runs. */
	readonly publishedPorts: readonly Publication[];
	/** `bridge`, `host`, `none`, `container:<id>` or a network's name. */
	readonly networkMode: string;
	/** The networks it has an address in, by name. */
	readonly networks: readonly Attachment[];
	/** The signal `docker stop` sends, such as `SIGTERM`. */
	readonly stopSignal: string;
	/** Seconds that `docker stop` waits before it kills; Docker's default is 10. */
	readonly stopTimeout: number;
	/** How many processors it may use, such as 0.5, where it has a limit of its own. */
	readonly processors?: number;
	/** Docker removes it as soon as it has ended (`docker run --rm`). */
	readonly endsForGood?: true;
};

export type ContainerState = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

/** `none`: the container has no HEALTHCHECK. */
export type Health = "none" | "starting" | "healthy" | "unhealthy";

/** A TCP port of the host, at one address of it, or at all: `0.0.0.0`, `::`, or empty. */
export type Publication = { readonly address: string; readonly port: number };

/** A container's place in one Docker network. */
export type Attachment = {
	readonly network: string;
	readonly networkId: string;
	/** An IP literal, or empty. */
	readonly ipv4: string;
	readonly ipv6: string;
	/** Where the network's gateway is, IPv4 first; empty in an internal network. */
	readonly gateways: readonly string[];
};

/** The addresses it has there, IPv4 first. */
export function addressesOf({ ipv4, ipv6 }: Attachment): readonly string[] {
	return [ipv4, ipv6].filter((address) => address !== "");
}

/** Where Ballast itself runs, which decides what it can reach. */
export type Self = {
	/** Undefined outside a container. */
	readonly container: Container | undefined;
	/** The engine, such as `ssh://far`, where it is another machine's than ours: its addresses mean others here. */
	readonly farEngine?: string | undefined;
	/** Where it is in no network of Docker's: CIDR blocks that it reaches directly; undefined: not known, and all may be. */
	readonly routes?: readonly string[] | undefined;
	/** Undefined: not asked for, and each gateway may be the engine's host. */
	readonly bridges?: Bridges | undefined;
};

/** The ids of networks whose gateway is the engine's host. `fault`: why the engine did not tell; others may be missing. */
export type Bridges = { readonly ids: ReadonlySet<string>; readonly fault?: string };

/**
 * A container that was told to stop. It holds for one start only, whatever an inspect still says, also once that start has
 * ended. `overdue`: it still runs 5 s after its stop timeout, so it may come back if it answers.
 */
export type Leaving = {
	readonly startedAt: string;
	readonly signal: string;
	readonly overdue: boolean;
	/** It was told within the last 10 s: it may be back in a moment, as after `docker restart`. */
	readonly recent: boolean;
};

/** How a start ended; nothing where nobody was told. `signal`: it was told to stop with that one. */
export type Ending = {
	readonly signal?: string | undefined;
	readonly exitCode?: number | undefined;
	readonly outOfMemory?: boolean | undefined;
};

/**
 * What the probe found at an endpoint; one that was never probed is absent. `overdue`: it has been deaf for so long that a
 * person should hear of it. `fault`: how the last attempt failed; undefined before the first has ended.
 */
export type Listening =
	| { readonly kind: "listens"; readonly address: string }
	| { readonly kind: "deaf"; readonly overdue: boolean; readonly fault: ConnectFault | undefined };

/** `refused`: the address is there, and nothing listens. `no-answer`: silence. `no-way`: this machine can't send there. */
export type ConnectFault = "refused" | "no-answer" | "no-way";

/** A container that Docker lists but can't tell of, and why. What was known of it still holds; else it is not known at all. */
export type Unreadable = { readonly id: string; readonly name: string; readonly message: string };

/** All that is known of the engine at one moment: what `build` makes a fleet of. */
export type Inventory = {
	readonly proxy: Self;
	/** Those with the join label, and those whose network one of them uses. */
	readonly containers: readonly Container[];
	/** By container id. */
	readonly leaving: ReadonlyMap<string, Leaving>;
	readonly unreadable: readonly Unreadable[];
	/** By container id, of those that we stopped ourselves and start again when they are needed: the start that ended so. */
	readonly asleep?: ReadonlyMap<string, string>;
	/** By container id, of those that were found started anew, until that is written down: how their start before ended. */
	readonly restarted?: ReadonlyMap<string, Ending>;
};
