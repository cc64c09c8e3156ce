import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock } from "./clock.ts";
import type { DockerClient } from "./docker/client.ts";
import { engineRun } from "./docker/engine-run.ts";
import { createInventory, type EngineInventory } from "./docker/inventory.ts";
import { withPatience } from "./docker/patience.ts";
import { directRoutes } from "./docker/routes.ts";
import { findSelf } from "./docker/self.ts";
import { type Announcer, createAnnouncer } from "./handlers/announcer.ts";
import { createCheck } from "./haproxy/check.ts";
import { createGenerations } from "./haproxy/generations.ts";
import { createLastLife } from "./haproxy/last-life.ts";
import type { Haproxy } from "./haproxy/master.ts";
import type { Log } from "./log.ts";
import type { Runs } from "./model/boot.ts";
import type { ContainerRef } from "./model/fleet.ts";
import type { JoinPolicy } from "./model/surroundings.ts";
import type { Ports } from "./reconcile/ports.ts";
import { loadTemplates } from "./render/engine.ts";
import type { Settings } from "./settings.ts";
import { type CookieKey, keptCookieKey, openCookieKey } from "./state/cookie-key.ts";
import type { Holds } from "./state/holds.ts";
import { createKeptTemplates } from "./state/kept-templates.ts";
import { createMembershipLog, type MembershipLog } from "./state/membership-log.ts";
import { createNodes } from "./state/nodes.ts";
import { createKeptRuns, machineRun } from "./state/runs.ts";
import { createStopGrace } from "./state/stop-grace.ts";

export const shippedTemplates = join(import.meta.dirname, "../templates");

type EngineNews = {
	/** The container of that id can be read again, after it could not be in time. */
	readonly onLate?: (id: string) => void;
	/** Whether changes happen that no event tells of. */
	readonly onSilence?: (isSilent: boolean) => void;
	/** Those that we have stopped ourselves, by id: the start that ended so. */
	readonly asleep?: () => ReadonlyMap<string, string>;
};

export async function inventoryOf(
	client: DockerClient,
	{ joinLabel }: Settings,
	{ onLate = () => undefined, onSilence = () => undefined, asleep = () => new Map() }: EngineNews = {},
): Promise<EngineInventory> {
	const self = await findSelf();
	const patient = withPatience(client, systemClock, onLate);
	const clock = systemClock;
	return createInventory({
		client: patient,
		joinLabel,
		self,
		clock,
		routes: directRoutes,
		onSilence,
		asleep,
	});
}

type Parts = {
	readonly client: DockerClient;
	readonly inventory: EngineInventory;
	readonly probe: Ports["probe"];
	readonly haproxy: Haproxy;
	readonly membership: MembershipLog;
	readonly cookieKey: CookieKey;
	readonly holds: Holds;
	/** What scaling keeps in the state directory. */
	readonly keepScaling: Ports["records"]["scaling"];
	/** What people have set, and who is on the way out, by container id. */
	readonly held: Ports["held"];
};

export function portsOf(
	settings: Settings,
	{ client, inventory, probe, haproxy, membership, cookieKey, holds, keepScaling, held }: Parts,
): Ports {
	const lastGood = lastGoodOf(settings, client);
	return {
		engine: inventory,
		probe,
		held,
		hold: holds.set,
		haproxy,
		templates: templatesOf(settings),
		generations: createGenerations(settings.generationDir, createCheck()),
		lastGood,
		records: {
			nodes: createNodes(settings.nodesDir),
			membership: membership.append,
			proxy: createStopGrace(settings.runDir),
			cookieKey: cookieKey.keep,
			holds: holds.keep,
			scaling: keepScaling,
			lastGood: lastGood.confirm,
		},
	};
}

/** What a start without Docker begins with, and in which run of machine and engine it was good. */
function lastGoodOf({ generationDir }: Settings, client: DockerClient) {
	const lastLife = createLastLife(generationDir);
	const runs = createKeptRuns(generationDir);
	const now = async (): Promise<Runs> => {
		return { machine: await machineRun(), engine: await engineRun(client.engine) };
	};
	return {
		read: async () => {
			const fleet = await lastLife.fleet();
			return fleet && { fleet, told: await runs.told(), now: await now() };
		},
		confirm: async () => {
			const problems = await runs.keep(await now());
			await lastLife.forget();
			return problems;
		},
	};
}

export function membershipLogOf({ stateDir }: Settings): MembershipLog {
	return createMembershipLog({ dir: stateDir, out: process.stdout, clock: systemClock });
}

/** The key of sticky cookies: the setting's, else the one in the state directory. */
export async function cookieKeyOf({ cookieKey, stateDir }: Settings): Promise<CookieKey> {
	return cookieKey === undefined ? await openCookieKey(stateDir) : { key: cookieKey, keep: async () => [] };
}

/** The key of the proxy that runs here; where none does, a text that says so. */
export async function presentCookieKey({ cookieKey, stateDir }: Settings): Promise<string> {
	return cookieKey ?? (await keptCookieKey(stateDir)) ?? "stands-in-for-a-proxys-own-key";
}

/** @param proxy the proxy's own container; until the engine has told of it, what is known without */
export async function announcerOf(
	settings: Settings,
	proxy: () => ContainerRef | undefined,
	log: Log,
): Promise<Announcer> {
	const self = { name: hostname(), id: (await findSelf()) ?? "" };
	return createAnnouncer({ ...settings, proxy: () => proxy() ?? self, clock: systemClock, log });
}

export function templatesOf({ templates, stateDir }: Settings): Ports["templates"] {
	const copy = createKeptTemplates(join(stateDir, "templates"));
	return {
		load: async () => await loadTemplates(shippedTemplates, templates),
		keep: async ({ sources }) => await copy.keep(sources.filter(({ owner }) => owner === "operator")),
		kept: async () => {
			const directory = await copy.directory();
			if (directory === undefined) return undefined;
			return await loadTemplates(shippedTemplates, directory).catch(() => undefined);
		},
	};
}

export function policyOf({ joinLabel, labelPrefix, port, httpPort, statsPort, scale }: Settings): JoinPolicy {
	const labels = { join: joinLabel, prefix: labelPrefix };
	return { labels, port, proxyPorts: [httpPort, statsPort], scales: scale };
}
