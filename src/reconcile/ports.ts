import type { LastGood } from "../model/boot.ts";
import type { Inventory, Listening, Self } from "../model/container.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { Fleet, Hold } from "../model/fleet.ts";
import type { Generation, Verdict } from "../model/generation.ts";
import type { Happening } from "../model/happening.ts";
import type { MembershipEvent } from "../model/membership.ts";
import type { Problem } from "../model/problem.ts";
import type { Running } from "../model/running.ts";
import type { Changed, ServerChange } from "../model/step.ts";
import type { Templates } from "../render/engine.ts";

/** What a pass of the loop needs of the world. app.ts plugs the adapters in, tests their own. */
export type Ports = {
	readonly engine: EnginePort;
	readonly probe: ProbePort;
	/** What people have set, by container id. */
	readonly held: () => ReadonlyMap<string, Hold>;
	/** What a person has set in another way than by asking us. Undefined takes it back. */
	readonly hold: (container: string, hold: Hold | undefined) => Promise<readonly Problem[]>;
	readonly templates: TemplatesPort;
	readonly generations: GenerationsPort;
	readonly haproxy: HaproxyPort;
	readonly lastGood: LastGoodPort;
	readonly records: RecordsPort;
};

/** What to read again. `all` is a full list; otherwise only the named containers are inspected. */
export type Hints = {
	readonly all: boolean;
	readonly containers: ReadonlySet<string>;
	/** Something was taken away, and requests would go astray. */
	readonly urgent: boolean;
	/** Read all that HAProxy's process has, rather than count on what is known of it. */
	readonly look: boolean;
};

export type EnginePort = {
	/**
	 * What the engine holds, after the hinted parts were read again: one inspect per hinted container.
	 * Throws `AppError` when the engine can't be read; what was known before stays known.
	 */
	readonly read: (hints: Hints, signal: AbortSignal) => Promise<Inventory>;
	/** How containers ended that are gone or started anew, as reads have told, was written down: later ones need not tell. */
	readonly recorded: () => void;
	/** Who was told to stop, as far as is known without reading anything, by container id. */
	readonly leaving: () => Inventory["leaving"];
};

export type ProbePort = {
	/** Probes these endpoints, from now on and no others, until each accepts a connection. */
	readonly watch: (endpoints: readonly Endpoint[]) => void;
	/** What is known of the watched endpoints, by `endpointKey`. */
	readonly listening: () => ReadonlyMap<string, Listening>;
	/** Resolves when each watched endpoint has been tried at least once. */
	readonly settled: (signal: AbortSignal) => Promise<void>;
};

export type TemplatesPort = {
	/** Reads the templates anew. Throws `AppError` with file and line when one can't be compiled. */
	readonly load: () => Promise<Templates>;
	/** Remembers templates that HAProxy has accepted, for a start at which newer ones are broken. Never throws. */
	readonly keep: (templates: Templates) => Promise<readonly Problem[]>;
	/** The templates of the last `keep`, in this life or an earlier one; undefined when there are none, or they don't compile. */
	readonly kept: () => Promise<Templates | undefined>;
};

/** The generation that HAProxy reads whenever it starts; undefined before the first one. */
export type InForce = Pick<Generation, "id" | "structure" | "fleet"> | undefined;

export type GenerationsPort = {
	/** The generation in force, as it was promoted. `afresh`: as it is on disk now, whatever is known of it. */
	readonly current: (afresh: boolean) => Promise<InForce>;
	/** Asks HAProxy's parser, in a directory like the one the generation will have. */
	readonly check: (generation: Generation, signal: AbortSignal) => Promise<Verdict>;
	/** Makes it the generation in force, by one rename after fsync. The one before stays beside it. */
	readonly promote: (generation: Generation) => Promise<void>;
	/** Back to the generation before the present one, when HAProxy would not load this one. */
	readonly revert: () => Promise<void>;
};

export type HaproxyPort = {
	/** What the newest process has; undefined when none answers. */
	readonly running: (signal: AbortSignal) => Promise<Running | undefined>;
	/**
	 * Has the newest process make these changes, in order, and reads back what the pools they are about have then. A change
	 * that it refuses keeps it from none of the others. Undefined when no process answers.
	 */
	readonly change: (changes: readonly ServerChange[], signal: AbortSignal) => Promise<Changed | undefined>;
	/** A seamless reload, done when the master says so. */
	readonly reload: (signal: AbortSignal) => Promise<ReloadResult>;
};

/** Tells whoever listens of what happened. Neither waits nor throws, so that no listener can delay a pass. */
export type Announce = (happenings: readonly Happening[]) => void;

export type ReloadResult =
	/** `old`: how many processes are still there that only finish their connections. */
	| { readonly kind: "reloaded"; readonly old: number }
	/** No master answers: the process is starting or being restarted, and will read the generation in force by itself. */
	| { readonly kind: "not-running" }
	/** The new process could not start; the old one serves on. `log` is HAProxy's own account. */
	| { readonly kind: "failed"; readonly log: string };

export type LastGoodPort = {
	/** What was served when the proxy's container last ended; undefined once Docker has answered in this life. */
	readonly read: () => Promise<LastGood | undefined>;
};

/** What outlives a pass. Nothing here throws: a full disk is a problem to tell of, not the end of serving. */
export type RecordsPort = {
	/** Appends to the membership log, on standard output and in the state directory. */
	readonly membership: (events: readonly MembershipEvent[]) => Promise<readonly Problem[]>;
	/** Makes `/nodes` equal to the fleet: one file per server, holding `<container name> <ip>`. */
	readonly nodes: (fleet: Fleet) => Promise<readonly Problem[]>;
	/** Sees to it that the key of sticky cookies outlives the controller. */
	readonly cookieKey: () => Promise<readonly Problem[]>;
	/** Docker has answered: what is served now is what a start without it would begin with. */
	readonly lastGood: () => Promise<readonly Problem[]>;
	/** Sees to it that what people have set does, too. */
	readonly holds: () => Promise<readonly Problem[]>;
	/** And whom scaling has put to sleep, and the sizes that people have set. */
	readonly scaling: () => Promise<readonly Problem[]>;
	/** Tells the supervisor of the proxy's own container: how long its stop may take. */
	readonly proxy: (proxy: Self) => Promise<readonly Problem[]>;
};
