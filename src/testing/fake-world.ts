import { orAborted } from "../abort.ts";
import type { LastGood } from "../model/boot.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import type { Generation, Verdict } from "../model/generation.ts";
import type { MembershipEvent } from "../model/membership.ts";
import type { ServerChange } from "../model/step.ts";
import type { Hints, InForce, Ports, ReloadResult } from "../reconcile/ports.ts";
import { loadTemplates, type Templates } from "../render/engine.ts";
import { type Answer, type Circumstances, heard, surroundings } from "./containers.ts";
import { type FakeProcess, perform, startedFrom } from "./fake-process.ts";
import { shippedTemplates } from "./golden.ts";

/** What a pass needs of the world, by hand: an engine, a HAProxy and a disk that a test can break. */
export type FakeWorld = {
	readonly ports: Ports;
	/** What was asked for and done, in order: `read all`, `check`, `promote <id>`, `reload`, `revert`. */
	readonly journal: readonly string[];
	readonly reads: readonly Hints[];
	/** Every fleet that HAProxy's parser was asked about. */
	readonly checked: readonly Fleet[];
	readonly log: readonly MembershipEvent[];
	/** The files of `/nodes`. */
	readonly nodes: () => readonly string[];
	readonly inForce: () => InForce;
	/** Changes what the engine holds. */
	readonly holds: (circumstances: Circumstances) => void;
	readonly faults: Faults;
	/** Servers, `<pool>/<server>`, that have requests in flight. */
	readonly busy: Set<string>;
	/** What the running process has; undefined: none runs. */
	process: FakeProcess | undefined;
};

type Faults = {
	/** Thrown by each read. */
	read?: Error | undefined;
	/** Awaited by each read. */
	held?: Promise<unknown> | undefined;
	/** The complaint about a generation that HAProxy's parser refuses; undefined: it accepts. */
	refuses?: ((generation: Generation) => string | undefined) | undefined;
	/** HAProxy's complaint about a change of the running process, which then is not made. */
	change?: ((change: ServerChange) => string | undefined) | undefined;
	/** The next process has what the one before it had, whatever the file says. */
	keeps?: boolean;
	reload?: ReloadResult | Error | undefined;
	/** What the process can't load, though the parser accepts it. */
	unloadable?: ((generation: Generation) => boolean) | undefined;
	/** Loaded in place of what is on disk. */
	templates?: Templates | Error | undefined;
	/** The copy of the templates that were accepted is lost. */
	nothingKept?: boolean;
	answer?: Answer | undefined;
	/** What an earlier life of the proxy has left. */
	lastGood?: LastGood | undefined;
};

const shipped = await loadTemplates(shippedTemplates, undefined);

/** The shipped templates with other text in place of some of theirs. */
export function templatesWith(change: (text: string, output: string) => string): Templates {
	return { ...shipped, write: (output, view) => change(shipped.write(output, view), output) };
}

export function createFakeWorld(circumstances: Circumstances = {}): FakeWorld {
	const journal: string[] = [];
	const reads: Hints[] = [];
	const checked: Fleet[] = [];
	const log: MembershipEvent[] = [];
	const faults: Faults = { answer: "yes" };
	let { inventory, held } = surroundings(circumstances);
	let [inForce, previous]: [Generation | undefined, Generation | undefined] = [undefined, undefined];
	let nodes: readonly string[] = [];
	let watched: readonly Endpoint[] = [];
	let kept: Templates | undefined;

	const engine: Ports["engine"] = {
		read: async (hints, signal) => {
			reads.push(hints);
			journal.push(`read ${hints.all ? "all" : hints.containers.size}`);
			await orAborted(Promise.resolve(faults.held), signal);
			if (faults.read !== undefined) throw faults.read;
			return inventory;
		},
		recorded: () => undefined,
		leaving: () => inventory.leaving,
	};
	const generations: Ports["generations"] = {
		current: async () => inForce,
		check: async (generation, signal) => {
			signal.throwIfAborted();
			journal.push("check");
			checked.push(generation.fleet);
			const complaint = faults.refuses?.(generation);
			signal.throwIfAborted();
			return verdict(complaint);
		},
		promote: async (generation) => {
			journal.push(`promote ${generation.id}`);
			[previous, inForce] = [inForce, generation];
		},
		revert: async () => {
			journal.push("revert");
			if (previous === undefined) throw new Error("there is nothing to revert to");
			[inForce, previous] = [previous, undefined];
		},
	};
	const world: FakeWorld = {
		journal,
		reads,
		checked,
		log,
		faults,
		busy: new Set(),
		process: undefined,
		nodes: () => nodes,
		inForce: () => inForce,
		holds: (changed) => {
			({ inventory, held } = surroundings(changed));
		},
		ports: {
			engine,
			generations,
			held: () => held,
			hold: async (container, hold) => {
				const others = [...held].filter(([id]) => id !== container);
				held = new Map(hold === undefined ? others : [...others, [container, hold]]);
				return [];
			},
			probe: {
				watch: (endpoints) => {
					watched = endpoints;
				},
				listening: () => {
					const { answer } = faults;
					if (answer === undefined) return new Map();
					return new Map(watched.map((endpoint) => [endpointKey(endpoint), heard(answer, endpoint)]));
				},
				settled: async (signal) => signal.throwIfAborted(),
			},
			templates: {
				load: async () => {
					if (faults.templates instanceof Error) throw faults.templates;
					return faults.templates ?? shipped;
				},
				keep: async (accepted) => {
					kept = accepted;
					return [];
				},
				kept: async () => (faults.nothingKept === true ? undefined : kept),
			},
			haproxy: {
				running: async (signal) => {
					signal.throwIfAborted();
					return world.process;
				},
				change: async (changes, signal) => {
					signal.throwIfAborted();
					journal.push(
						...changes.map(({ kind, pool, server }) => `${kind.replace("-server", "")} ${pool}/${server}`),
					);
					const replies = changes.map((change) => {
						const complaint = faults.change?.(change);
						if (complaint === undefined) perform(change, world);
						return complaint ?? "";
					});
					const pools = new Set(changes.map(({ pool }) => pool));
					return (
						world.process && {
							replies,
							servers: [...world.process.servers.values()].filter(({ pool }) => pools.has(pool)),
						}
					);
				},
				reload: async (signal) => {
					signal.throwIfAborted();
					journal.push("reload");
					if (faults.reload instanceof Error) throw faults.reload;
					const failed = { kind: "failed", log: "cannot bind socket" } as const;
					const spoilt = inForce !== undefined && faults.unloadable?.(inForce) === true ? failed : undefined;
					const result = spoilt ?? faults.reload ?? { kind: "reloaded", old: 0 };
					if (result.kind === "reloaded" && inForce !== undefined && faults.keeps !== true)
						world.process = startedFrom(inForce);
					return result;
				},
			},
			lastGood: { read: async () => faults.lastGood },
			records: {
				nodes: async (fleet) => {
					nodes = membersOf(fleet).map(({ server }) => server.container.name);
					return [];
				},
				membership: async (events) => {
					log.push(...events);
					return [];
				},
				proxy: async () => [],
				cookieKey: async () => [],
				lastGood: async () => {
					faults.lastGood = undefined;
					return [];
				},
				holds: async () => [],
				scaling: async () => [],
			},
		},
	};
	return world;
}

function verdict(complaint: string | undefined): Verdict {
	if (complaint === undefined) return { accepted: true };
	return {
		accepted: false,
		findings: [{ file: "haproxy.cfg", line: 0, message: complaint }],
		output: complaint,
	};
}
