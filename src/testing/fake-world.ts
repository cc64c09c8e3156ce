import { orAborted } from "../abort.ts";
import type { LastGood } from "../model/boot.ts";
import { type Endpoint, endpointKey } from "../model/endpoint.ts";
import { type Fleet, membersOf } from "../model/fleet.ts";
import type { Generation, Verdict } from "../model/generation.ts";
import type { MembershipEvent } from "../model/membership.ts";
import type { Hints, InForce, Ports, ReloadResult } from "../reconcile/ports.ts";
import { loadTemplates, type Templates } from "../render/engine.ts";
import { type Answer, type Circumstances, heard, surroundings } from "./containers.ts";
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
	/** The generation that the running process has loaded; undefined: none runs. */
	loaded: string | undefined;
	/** Taken out of that process: `<pool>/<server>`. */
	readonly takenOut: Set<string>;
};

type Faults = {
	/** Thrown by each read. */
	read?: Error | undefined;
	/** Awaited by each read. */
	held?: Promise<unknown> | undefined;
	/** The complaint about a generation that HAProxy's parser refuses; undefined: it accepts. */
	refuses?: ((generation: Generation) => string | undefined) | undefined;
	/** HAProxy's complaint about each server that is to leave the running process. */
	maintain?: string | undefined;
	/** The same about each that is to get requests again. */
	ready?: string | undefined;
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
	};
	const generations: Ports["generations"] = {
		current: async () => inForce,
		check: async (generation, signal) => {
			signal.throwIfAborted();
			journal.push("check");
			checked.push(generation.fleet);
			return verdict(faults.refuses?.(generation));
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
		loaded: undefined,
		takenOut: new Set(),
		nodes: () => nodes,
		inForce: () => inForce,
		holds: (changed) => {
			({ inventory, held } = surroundings(changed));
		},
		ports: {
			engine,
			generations,
			held: () => held,
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
				loaded: async (signal) => {
					signal.throwIfAborted();
					return world.loaded;
				},
				maintain: async (pool, server) => {
					journal.push(`maint ${pool}/${server}`);
					if (faults.maintain === undefined) world.takenOut.add(`${pool}/${server}`);
					return faults.maintain;
				},
				ready: async (pool, server) => {
					journal.push(`ready ${pool}/${server}`);
					if (faults.ready === undefined) world.takenOut.delete(`${pool}/${server}`);
					return faults.ready;
				},
				takenOut: async (signal) => {
					signal.throwIfAborted();
					return world.loaded === undefined ? undefined : [...world.takenOut];
				},
				reload: async (signal) => {
					signal.throwIfAborted();
					journal.push("reload");
					if (faults.reload instanceof Error) throw faults.reload;
					const failed = { kind: "failed", log: "cannot bind socket" } as const;
					const spoilt = inForce !== undefined && faults.unloadable?.(inForce) === true ? failed : undefined;
					const result = spoilt ?? faults.reload ?? { kind: "reloaded" };
					if (result.kind === "reloaded") {
						world.loaded = inForce?.id;
						world.takenOut.clear();
					}
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
