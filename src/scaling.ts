import type { ScaleSources } from "./admin/scale.ts";
import type { ScalerPorts } from "./autoscale/ports.ts";
import { roomOnHost } from "./autoscale/room.ts";
import { createScaler, type Scaler } from "./autoscale/scaler.ts";
import { systemClock } from "./clock.ts";
import type { DockerClient } from "./docker/client.ts";
import type { Peer, Peers } from "./docker/peers.ts";
import type { Replicas } from "./docker/replicas.ts";
import { findSelf } from "./docker/self.ts";
import type { Usages } from "./docker/usage.ts";
import { showInFlight } from "./haproxy/in-flight.ts";
import { excuseHeld, showLoad } from "./haproxy/load.ts";
import type { CommandSocket } from "./haproxy/socket.ts";
import type { Log } from "./log.ts";
import type { Hold } from "./model/fleet.ts";
import { type Happening, problemHappenings, scaleHappenings } from "./model/happening.ts";
import type { Problem } from "./model/problem.ts";
import { reportProblems } from "./reconcile/loop.ts";
import type { StatusBoard } from "./reconcile/status.ts";
import type { Trigger } from "./reconcile/trigger.ts";
import { type Settings, settingsInForce } from "./settings.ts";
import { settingsTable } from "./settings-table.ts";
import type { Asleep } from "./state/asleep.ts";
import type { MembershipLog } from "./state/membership-log.ts";
import { openScaleMemory } from "./state/scale-memory.ts";
import { openScaleOrders } from "./state/scale-orders.ts";

export type ScalingParts = {
	readonly engine: Replicas & Usages & Peers & Pick<DockerClient, "inspect">;
	readonly sockets: { readonly worker: CommandSocket; readonly master: CommandSocket };
	readonly status: StatusBoard;
	readonly trigger: Trigger;
	readonly membership: MembershipLog;
	/** Tells handlers and webhooks; neither waits nor throws. */
	readonly announce: (happenings: readonly Happening[]) => void;
	readonly log: Log;
	readonly asleep: Asleep;
};

export type Scaling = {
	readonly scaler: Scaler;
	/** Those that are on their way out. It ends with the controller: another decides anew. */
	readonly held: () => ReadonlyMap<string, Hold>;
	/** What people are told of it, and what they set. */
	readonly sources: ScaleSources;
	/** Tries again to write down who sleeps, and what people have set, where that went wrong. Never throws. */
	readonly keep: () => Promise<readonly Problem[]>;
	/** Up to when an earlier controller has heard of all events, by the engine's clock, in milliseconds since 1970. */
	readonly heardUntil: number | undefined;
};

/** Scaling, put together; nothing of it runs yet. */
export async function openScaling(
	settings: Settings,
	{ engine, sockets, status, trigger, membership, announce, log, asleep }: ScalingParts,
): Promise<Scaling> {
	const { joinLabel, labelPrefix, scale, stateDir } = settings;
	const orders = await openScaleOrders(stateDir);
	const memory = await openScaleMemory(stateDir, `${joinLabel} ${labelPrefix}`);
	const held = new Map<string, Hold>();
	const ports: ScalerPorts = {
		draft: () => status.outcome()?.draft,
		load: async (pools, signal) => await showLoad(sockets.worker, pools, signal),
		excuse: async (pool, why, signal) => await excuseHeld(sockets.worker, pool, why, signal),
		replicas: engine,
		usage: engine.usage,
		asleep: {
			all: asleep.all,
			set: (id, startedAt) => {
				if (asleep.all().get(id) === startedAt) return;
				asleep.set(id, startedAt);
				// Who is asleep is in no list of the engine's.
				trigger.hint({ all: startedAt === undefined });
			},
		},
		hold: (id, hold) => {
			if (hold === undefined) held.delete(id);
			else held.set(id, hold);
			trigger.hint({ urgent: true });
		},
		inFlight: async (pool, server, signal) =>
			await showInFlight(sockets.master, { pool, server, aged: false }, signal),
		order: (pool) => orders.all().get(pool),
		room: roomOnHost,
		memory,
		leader: leaderOf(settings, engine),
		record: (events) => {
			void membership.append(events);
			announce(scaleHappenings(events));
		},
		complain: (news) => {
			announce(problemHappenings(news));
			reportProblems(news, log);
		},
	};
	const language = { join: joinLabel, prefix: labelPrefix };
	// Whoever has this join label on this engine is the same owner, in another container as well.
	const marking = { prefix: labelPrefix, owner: joinLabel };
	const scaler = createScaler({ ports, clock: systemClock, log, language, marking });
	const sources: ScaleSources = {
		on: scale,
		clock: () => ({ now: systemClock.now(), wall: systemClock.wall() }),
		decisions: scaler.decisions,
		orders: orders.all,
		order: async (pool, order) => {
			const kept = orders.set(pool, order);
			log.info({ pool, order: order ?? "auto" }, "a person has set this");
			scaler.nudge();
			return await kept;
		},
	};
	const heardUntil = scale ? memory.kept.heardUntil : undefined;
	const keep = async () => (await Promise.all([asleep.keep(), orders.keep()])).flat();
	return { scaler, held: () => held, sources, keep, heardUntil };
}

/** Between two looks for who leads, in milliseconds. */
const leaderMs = 5_000;

/** Of the proxies on the engine that scale the same containers, the oldest that runs acts. */
function leaderOf(settings: Settings, { elders }: Peers): ScalerPorts["leader"] {
	let looked: { readonly at: number; readonly leader: string | undefined } | undefined;
	return async (signal) => {
		if (looked !== undefined && systemClock.now() < looked.at + leaderMs) return looked.leader;
		const older = await elders(await findSelf(), signal);
		looked = { at: systemClock.now(), leader: older.find(({ env }) => scalesTheSame(env, settings))?.name };
		return looked.leader;
	};
}

function scalesTheSame(env: Peer["env"], { joinLabel, labelPrefix }: Settings): boolean {
	const its = new Map(settingsInForce({ env }).map(({ name, text }) => [name, text]));
	const scales = settingsTable.scale.parse(its.get("scale") ?? "") === true;
	return scales && its.get("joinLabel") === joinLabel && its.get("labelPrefix") === labelPrefix;
}
