import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askController } from "./admin/client.ts";
import { socketOf } from "./admin/socket.ts";
import { inventoryOf, policyOf, presentCookieKey, shippedTemplates, templatesOf } from "./compose.ts";
import { createDockerClient } from "./docker/client.ts";
import { nameOf } from "./docker/host.ts";
import { locateEngine } from "./docker/locate.ts";
import { createProbe } from "./docker/probe.ts";
import { type SavedInspects, savedInventory } from "./docker/saved.ts";
import { AppError } from "./errors.ts";
import { createCheck } from "./haproxy/check.ts";
import { createGenerations, type Generations } from "./haproxy/generations.ts";
import { fleetOf } from "./model/build.ts";
import type { Inventory, Listening } from "./model/container.ts";
import { type Endpoint, endpointKey } from "./model/endpoint.ts";
import { defaultPool, type Fleet, type Member, type PoolPolicy } from "./model/fleet.ts";
import type { Generation } from "./model/generation.ts";
import type { Problem } from "./model/problem.ts";
import { optionsOf } from "./options.ts";
import { createAccept } from "./reconcile/accept.ts";
import { createDraft } from "./reconcile/draft.ts";
import type { Ports } from "./reconcile/ports.ts";
import { loadTemplates } from "./render/engine.ts";
import { render } from "./render/render.ts";
import type { Settings } from "./settings.ts";
import { openAsleep } from "./state/asleep.ts";
import { openHolds } from "./state/holds.ts";

/** What would be, without doing any of it. */
export type DryRun = { readonly generation: Generation; readonly problems: readonly Problem[] };

/**
 * The generation for what the engine holds now, or for saved `docker inspect` answers, with the newest templates.
 * Servers have the names that they have in the generation in force. Ports are probed once; of saved answers, every port
 * counts as listening.
 */
export async function dryRun(
	settings: Settings,
	saved: SavedInspects | undefined,
	signal: AbortSignal,
): Promise<DryRun> {
	const inventory = saved === undefined ? await readEngine(settings, signal) : savedInventory(saved);
	const before = await generationsOf(settings)
		.current(true)
		.catch(() => undefined);
	await using probe = createProbe({ onChange: () => undefined });
	const { all: held } = await openHolds(settings.stateDir);
	const ports = saved === undefined ? probe : everyPortAnswers();
	const draftOf = createDraft(ports, held, policyOf(settings));
	const { fleet, problems } = await draftOf(inventory, before, undefined, signal);
	const templates = await loadTemplates(shippedTemplates, settings.templates);
	const options = await optionsOf(settings, await presentCookieKey(settings));
	return { generation: render(fleet, options, templates), problems };
}

/** Where the engine is, such as `tcp://engine:2376`; it is not asked. Throws `AppError` where the settings lead nowhere. */
export async function engineInForce(settings: Settings): Promise<string> {
	return nameOf(await locateEngine(settings));
}

/** Who was told to stop, an inspect does not say: the running controller knows, if there is one. */
async function readEngine(settings: Settings, signal: AbortSignal): Promise<Inventory> {
	using client = createDockerClient(settings);
	const { all: asleep } = await openAsleep(settings.stateDir);
	const engine = await inventoryOf(client, settings, { asleep });
	const inventory = await engine.read({ all: true, containers: new Set() }, signal);
	const leaving = await askController(socketOf(settings), "/leaving").catch(() => ({}));
	return { ...inventory, leaving: new Map(Object.entries(leaving)) };
}

function everyPortAnswers(): Ports["probe"] {
	let watched: readonly Endpoint[] = [];
	return {
		watch: (endpoints) => {
			watched = endpoints;
		},
		listening: () => new Map(watched.map((endpoint) => [endpointKey(endpoint), listens(endpoint)])),
		settled: async () => undefined,
	};
}

function listens({ addresses: [address = ""] }: Endpoint): Listening {
	return { kind: "listens", address };
}

/** What HAProxy reads whenever it starts. Throws `AppError` when there is none, or it can't be read. */
export async function inForce(settings: Settings): Promise<Pick<Generation, "id" | "files">> {
	const found = await generationsOf(settings).inForce();
	if (found !== undefined) return found;
	throw new AppError("no-generation", `no generation is in force in ${settings.generationDir}`, {
		hint: "compare where the controller runs: docker exec <proxy> ballast render --diff; if it has only just started, ask again",
	});
}

function generationsOf({ generationDir }: Settings): Generations {
	return createGenerations(generationDir, createCheck());
}

/** Asks HAProxy's parser about the templates and settings, with a server in each of some pools; the problems found. */
export async function checkTemplates(settings: Settings, signal: AbortSignal): Promise<readonly Problem[]> {
	const scratch = await scratchDirectory();
	try {
		const templates = { ...templatesOf(settings), keep: async () => [], kept: async () => undefined };
		const ports = { templates, generations: createGenerations(scratch, createCheck()) };
		const options = await optionsOf(settings, await presentCookieKey(settings));
		const { accept } = createAccept(ports, options);
		const how = { afresh: true, lastGood: true };
		return (await accept(sampleFleet(), how, signal)).problems;
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

async function scratchDirectory(): Promise<string> {
	try {
		return await mkdtemp(join(tmpdir(), "ballast-check-"));
	} catch (cause) {
		throw new AppError("bad-input", `a check needs a directory to write to, and ${tmpdir()} is none`, {
			cause,
			hint: "name another with the variable TMPDIR, such as TMPDIR=/run in a read-only container",
		});
	}
}

/** A pool for each way in which templates write one. */
const samplePools = new Map<string, PoolPolicy>([
	[defaultPool, {}],
	["by-cookie", { sticky: "cookie", check: "/healthz" }],
	["by-source", { sticky: "source" }],
]);

function sampleFleet(): Fleet {
	return fleetOf([...samplePools.keys()].map(sampleMember), samplePools);
}

/** At an address that documentation uses, and nobody answers at. */
function sampleMember(pool: string): Member {
	const name = `sample-${pool}`;
	const container = { id: "0".repeat(64), name };
	return { pool, server: { name, container, address: "192.0.2.1", port: 80, weight: 100, maxconn: 100 } };
}
