import { healthOf, serverRows, withOthers } from "./admin/answers.ts";
import type { AdminPorts } from "./admin/api.ts";
import { whyAnswer } from "./admin/explain.ts";
import { type HoldSources, holdAnswer } from "./admin/hold.ts";
import { serveAdmin } from "./admin/server.ts";
import { socketOf } from "./admin/socket.ts";
import { systemClock } from "./clock.ts";
import { announcerOf, cookieKeyOf, inventoryOf, membershipLogOf, policyOf, portsOf } from "./compose.ts";
import { createDockerClient, type DockerClient } from "./docker/client.ts";
import { followEvents } from "./docker/events.ts";
import type { EngineInventory } from "./docker/inventory.ts";
import { createProbe } from "./docker/probe.ts";
import { messageOf } from "./errors.ts";
import type { Announcer } from "./handlers/announcer.ts";
import { carryNothing } from "./haproxy/carried.ts";
import { showInFlight } from "./haproxy/in-flight.ts";
import { createHaproxy, type Haproxy } from "./haproxy/master.ts";
import { missingSockets } from "./haproxy/missing-sockets.ts";
import { showOldProcesses } from "./haproxy/old-processes.ts";
import { watchStarts } from "./haproxy/starts.ts";
import { showStats } from "./haproxy/stats.ts";
import { createLog, type Log } from "./log.ts";
import type { ContainerRef } from "./model/fleet.ts";
import { carriedIn, optionsOf, refusePorts, socketsOf } from "./options.ts";
import { runLoop } from "./reconcile/loop.ts";
import { createReconciler } from "./reconcile/reconcile.ts";
import { createStatusBoard, type StatusBoard } from "./reconcile/status.ts";
import { createTrigger, type Trigger } from "./reconcile/trigger.ts";
import { openScaling, type Scaling } from "./scaling.ts";
import type { Settings } from "./settings.ts";
import { type Asleep, openAsleep } from "./state/asleep.ts";
import { type Holds, openHolds } from "./state/holds.ts";
import type { MembershipLog } from "./state/membership-log.ts";

/** All in milliseconds. */
const times = { idle: 10_000, resync: 60_000, rest: 25, boot: 5_000 } as const;

/** How a running controller is told to read its templates and the engine anew. */
export type Running = { readonly readAgain: () => void };

/** The controller: follows the engine until the signal aborts, then lets go of everything it holds. HAProxy serves on. */
export async function run(
	settings: Settings,
	onRunning: (running: Running) => void,
	signal: AbortSignal,
): Promise<void> {
	await refusePorts(settings, false);
	const log = createLog(settings.logLevel);
	const status = createStatusBoard(systemClock);
	const trigger = createTrigger(systemClock, times.idle);
	using client = createDockerClient(settings);
	const asleep = await openAsleep(settings.stateDir);
	const inventory = await inventoryOf(client, settings, {
		asleep: asleep.all,
		onLate: (container) => trigger.hint({ container }),
		onSilence: status.engineIsSilent,
	});
	await using probe = createProbe({ onChange: () => trigger.hint({}) });
	const carried = carriedIn(settings);
	// What an earlier life of ours may have left in the middle of a reload.
	await carryNothing(carried);
	const sockets = socketsOf(settings);
	const haproxy = createHaproxy({ master: sockets.master.path, worker: sockets.worker.path }, carried);
	const membership = membershipLogOf(settings);
	const cookieKey = await cookieKeyOf(settings);
	const holds = await openHolds(settings.stateDir);
	const shared = { status, trigger, membership, sockets, log, asleep } as const;
	await using announcer = await announcerOf(settings, () => proxyIn(status), log);
	const tells = { announce: announcer.announce, engine: client } as const;
	const scaling = await openScaling(settings, { ...shared, ...tells });
	const held = () => new Map([...holds.all(), ...scaling.held()]);
	const kept = { membership, cookieKey, holds, keepScaling: scaling.keep } as const;
	const ports = portsOf(settings, { client, inventory, probe, haproxy, ...kept, held });
	const reconciler = createReconciler(ports, systemClock, {
		policy: policyOf(settings),
		options: await optionsOf(settings, cookieKey.key),
		firstStart: (await ports.generations.current(true)) === undefined,
	});
	const announce: Announcer["announce"] = (happenings) => {
		announcer.announce(happenings);
		if (happenings.length > 0) scaling.scaler.nudge();
	};
	await using _admin = await serveAdmin(
		socketOf(settings),
		adminPorts(settings, { ...shared, client, haproxy, announcer, holds, scaling }),
	);

	using _starts = watchStarts(settings.haproxyDir, () => trigger.hint({ look: true }));
	onRunning({ readAgain: () => trigger.hint({ all: true }) });
	log.info({ engine: client.engine, joinLabel: settings.joinLabel }, "following the engine");
	await together(
		[
			(ends) => runLoop({ trigger, reconciler, status, announce, clock: systemClock, log, times }, ends),
			(ends) => follow({ client, inventory, trigger, status, log, holds, asleep, scaling }, ends),
			...(settings.scale ? [scaling.scaler.run] : []),
		],
		signal,
	);
	log.info("the controller ends; HAProxy serves on");
}

type Following = {
	readonly client: DockerClient;
	readonly inventory: EngineInventory;
	readonly trigger: Trigger;
	readonly status: StatusBoard;
	readonly log: Log;
	readonly holds: Holds;
	readonly asleep: Asleep;
	readonly scaling: Scaling;
};

/** Turns what the engine says into hints (promise 1). */
async function follow(
	{ client, inventory, trigger, status, log, holds, asleep, scaling }: Following,
	signal: AbortSignal,
): Promise<void> {
	const isGone = async (id: string) => (await client.inspect(id, signal)) === undefined;
	// An engine that can't be read now tells with its next stream.
	const prune = (): void => {
		const late = (thrown: unknown) => log.debug(messageOf(thrown));
		holds.prune(isGone).catch(late);
		asleep.prune(isGone).catch(late);
	};
	await followEvents(
		{
			client,
			clock: systemClock,
			log,
			onEvent: (event) => {
				scaling.scaler.note(event);
				const hint = inventory.note(event);
				if (hint !== undefined) trigger.hint({ container: hint.containerId, urgent: hint.urgent });
				const isKnown = [holds, asleep].some((kept) => kept.all().has(event.containerId));
				if (event.action === "destroy" && isKnown) prune();
			},
			heardUntil: scaling.heardUntil,
			onMissed: scaling.scaler.note,
			onConnected: () => {
				scaling.scaler.follows(true);
				trigger.hint({ all: true });
				prune();
			},
			onState: ({ cause, ...state }) => {
				if (!state.connected) scaling.scaler.follows(false);
				status.engine({ ...state, ...(cause === undefined ? {} : { cause: messageOf(cause) }) });
				// Why the engine can't be reached, and what to do, is for a read to tell; the next would be a minute away.
				if (!state.connected && state.attempt === 2) trigger.hint({ all: true });
			},
		},
		signal,
	);
}

type Task = (ends: AbortSignal) => Promise<void>;

/** Runs tasks that never end by themselves: the first that fails ends the others, and its error is thrown. */
async function together(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
	const failed = new AbortController();
	const ends = AbortSignal.any([signal, failed.signal]);
	const ended = await Promise.allSettled(tasks.map((task) => task(ends).finally(() => failed.abort())));
	const fault = ended.find((end) => end.status === "rejected" && !isAbort(end.reason));
	if (fault?.status === "rejected") throw fault.reason;
}

function isAbort(reason: unknown): boolean {
	return reason instanceof Error && reason.name === "AbortError";
}

/** Asked twice: the master resets its connections while it reloads. */
async function loadedNowOrSoon({ loaded }: Haproxy, signal: AbortSignal): Promise<string | undefined> {
	const now = await loaded(signal).catch(() => undefined);
	if (now !== undefined) return now;
	await systemClock.sleep(200, signal);
	return await loaded(signal).catch(() => undefined);
}

function proxyIn(status: StatusBoard): ContainerRef | undefined {
	return status.outcome()?.draft?.around.inventory.proxy.container;
}

type Told = {
	readonly client: DockerClient;
	readonly status: StatusBoard;
	readonly haproxy: Haproxy;
	readonly membership: MembershipLog;
	readonly announcer: Announcer;
	readonly holds: Holds;
	readonly trigger: Trigger;
	readonly log: Log;
	readonly sockets: ReturnType<typeof socketsOf>;
	readonly scaling: Scaling;
};

function adminPorts(
	settings: Settings,
	{ client, status, haproxy, membership, announcer, holds, trigger, log, sockets, scaling }: Told,
): AdminPorts {
	const { worker, master } = sockets;
	const servers: AdminPorts["servers"] = async (signal) =>
		serverRows(status.outcome()?.fleet, await showStats(worker, signal).catch(() => []));
	const problems = () => status.view().problems;
	const { latest } = membership;
	const { held: going } = scaling;
	const sources = { outcome: status.outcome, problems, servers, latest, inspect: client.inspect, going };
	const hold: HoldSources["hold"] = async (id, state) => {
		const kept = holds.set(id, state);
		trigger.hint({ urgent: true });
		log.info({ container: id.slice(0, 12), hold: state ?? "ready" }, "a person has set this");
		return await kept;
	};
	return {
		status: async (signal) => {
			const others = await Promise.all([announcer.problems(), missingSockets(settings.haproxyDir)]);
			const processes = await showOldProcesses(master, signal).catch(() => []);
			const oldProcesses = { endAfter: settings.hardStopAfter, processes };
			return withOthers({ ...status.view(), oldProcesses }, [...others.flat(), ...scaling.scaler.problems()]);
		},
		servers,
		health: async (signal) => healthOf(status.sinceLastTurn(), await loadedNowOrSoon(haproxy, signal)),
		hand: announcer.hand,
		log: membership,
		why: (asked, signal) => whyAnswer(sources, asked, signal),
		hold: (asked, wish, signal) => holdAnswer({ ...sources, hold, held: holds.all }, asked, wish, signal),
		inFlight: (asked, signal) => showInFlight(master, asked, signal),
		scale: scaling.sources,
		leaving: () => status.outcome()?.draft?.around.inventory.leaving ?? new Map(),
	};
}
