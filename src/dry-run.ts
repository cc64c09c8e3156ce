import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inventoryOf, policyOf, shippedTemplates, templatesOf } from "./compose.ts";
import { createDockerClient } from "./docker/client.ts";
import { type SavedInspects, savedInventory } from "./docker/saved.ts";
import { AppError } from "./errors.ts";
import { createCheck } from "./haproxy/check.ts";
import { createGenerations } from "./haproxy/generations.ts";
import { build, fleetOf } from "./model/build.ts";
import type { Inventory } from "./model/container.ts";
import { endpointKey } from "./model/endpoint.ts";
import { defaultPool } from "./model/fleet.ts";
import type { Generation } from "./model/generation.ts";
import type { Problem } from "./model/problem.ts";
import { optionsOf } from "./options.ts";
import { createAccept } from "./reconcile/accept.ts";
import { loadTemplates } from "./render/engine.ts";
import { render } from "./render/render.ts";
import type { Settings } from "./settings.ts";

/** What would be, without doing any of it. */
export type DryRun = { readonly generation: Generation; readonly problems: readonly Problem[] };

/**
 * The generation for what the engine holds now, or for saved `docker inspect` answers. Ports are not probed: a container
 * without a health check counts as listening.
 */
export async function dryRun(
	settings: Settings,
	saved: SavedInspects | undefined,
	signal: AbortSignal,
): Promise<DryRun> {
	const inventory = saved === undefined ? await readEngine(settings, signal) : savedInventory(saved);
	const policy = policyOf(settings);
	const { probes } = build({ inventory, listening: new Map(), names: new Map(), policy });
	const listening = new Map(probes.map((endpoint) => [endpointKey(endpoint), "yes" as const]));
	const { fleet, problems } = build({ inventory, listening, names: new Map(), policy });
	const templates = await loadTemplates(shippedTemplates, settings.templates);
	return { generation: render(fleet, await optionsOf(settings), templates), problems };
}

async function readEngine(settings: Settings, signal: AbortSignal): Promise<Inventory> {
	const inventory = await inventoryOf(createDockerClient(settings.dockerHost), settings);
	return await inventory.read({ all: true, containers: new Set() }, signal);
}

/** Asks HAProxy's parser about the templates and settings, with one server in the pool; the problems found. */
export async function checkTemplates(settings: Settings, signal: AbortSignal): Promise<readonly Problem[]> {
	const scratch = await scratchDirectory();
	try {
		const templates = { ...templatesOf(settings), keep: async () => [], kept: async () => undefined };
		const ports = { templates, generations: createGenerations(scratch, createCheck()) };
		const { accept } = createAccept(ports, await optionsOf(settings));
		const how = { afresh: true, lastGood: true };
		return (await accept(fleetOf([sampleMember]), how, signal)).problems;
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

/** An address that documentation uses, and nobody answers at. */
const sampleMember = {
	pool: defaultPool,
	server: {
		name: "sample",
		container: { id: "0".repeat(64), name: "sample" },
		address: "192.0.2.1",
		port: 80,
		weight: 100,
	},
};
