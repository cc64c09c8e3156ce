import { onTestFinished } from "vitest";
import type { LifeEvent } from "../autoscale/ends.ts";
import type { ScalerPorts } from "../autoscale/ports.ts";
import { createScaler } from "../autoscale/scaler.ts";
import { createLog } from "../log.ts";
import { build, type Draft } from "../model/build.ts";
import type { Container, Leaving } from "../model/container.ts";
import { type Hold, membersOf } from "../model/fleet.ts";
import { noScaleMemory, type ScaleMemory } from "../model/scale-memory.ts";
import type { ScaleOrder } from "../model/scale-order.ts";
import { container, idOf, surroundings, told } from "./containers.ts";
import { createFakeClock, settled } from "./fake-clock.ts";
import { savedTemplate } from "./templates.ts";

/** What a container that is started comes to. */
export type Start = "ready" | "never ready" | "crashes" | "denied" | "fails";

/** An engine and a HAProxy by hand, with a scaler that keeps their pools, as far as the scaler sees of both. */
export function scaledWorld(...originals: readonly Container[]) {
	const clock = createFakeClock();
	const containers = new Map(originals.map((one) => [one.id, one]));
	const [held, asleep] = [new Map<string, Hold>(), new Map<string, string>()];
	const leaving = new Map<string, Leaving>();
	const [calls, records, lines]: [string[], string[], { level: string; msg: string }[]] = [[], [], []];
	const [excuses, complaints]: [string[], string[]] = [[], []];
	/** What a test changes as it goes on. */
	const now = {
		start: "ready" as Start,
		removes: "done" as "done" | "denied" | "fails",
		inFlight: 0,
		canStart: 4,
		haproxy: "answers" as "answers" | "is silent",
		orders: new Map<string, ScaleOrder>(),
		/** Until they are resolved, the engine makes nothing, and nobody stops. */
		making: Promise.resolve(),
		stopping: Promise.resolve(),
		/** A pass that is late: what scaling sees instead of what is. */
		seen: undefined as Draft | undefined,
		/** What a later controller would know. */
		memory: noScaleMemory,
		/** Another proxy that scales the same. */
		leader: undefined as string | undefined,
		/** Requests that wait for a server, if they may. */
		waiting: 0 as number | undefined,
		autoRemove: false,
		/** What has come to servers. */
		requests: 0,
		/** What is in flight at those that are drained. */
		finishing: 0,
		/** What each container uses of the processors, as a share of its limit. */
		cpu: 0.1 as number | "denied" | "fails" | "hangs",
	};
	let used = { at: clock.wall(), ms: 1 };
	/** Before it does, it hears all the same. */
	let isRunning = true;
	const missed: LifeEvent[] = [];
	const nameOf = (id: string) => containers.get(id)?.name ?? id.slice(0, 8);
	const draft = () =>
		now.seen ??
		build(
			surroundings({ containers: [...containers.values()], held: [...held], leaving: [...leaving], asleep }),
		);

	function change(id: string, over: Partial<Container>, ...actions: readonly string[]): void {
		const before = containers.get(id);
		if (before !== undefined) containers.set(id, { ...before, ...over });
		if (before !== undefined && actions.includes("kill")) leaving.set(...told(before));
		if (actions.includes("start")) leaving.delete(id);
		for (const action of actions) tell({ containerId: id, action, at: clock.wall() });
	}

	function tell(event: LifeEvent): void {
		if (isRunning) scaler.note(event);
		else missed.push(event);
	}

	const replicas: ScalerPorts["replicas"] = {
		template: async (id) => {
			const one = containers.get(id);
			if (one === undefined) return undefined;
			return savedTemplate("many-options", (inspected) => {
				[inspected.Id, inspected.Name, inspected.Image] = [id, `/${one.name}`, one.image];
				inspected.Config.Labels = { ...one.labels };
				inspected.HostConfig["AutoRemove"] = now.autoRemove;
				const bindings = one.publishedPorts.map(({ address, port }) => [
					...[`${port}/tcp`, [{ HostIp: address, HostPort: `${port}` }]],
				]);
				inspected.HostConfig["PortBindings"] = Object.fromEntries(bindings);
			});
		},
		inspect: async (id) => containers.get(id),
		leftovers: async () => [...containers.values()].filter(({ state }) => state !== "running"),
		create: async (name, { Labels, Image }) => {
			calls.push(`create ${name}`);
			await now.making;
			if ([...containers.values()].some((one) => one.name === name)) return { kind: "exists" };
			const id = idOf(`${name} ${calls.length}`);
			const created = new Date(clock.wall()).toISOString();
			containers.set(id, { ...container(name), id, created, image: Image, labels: Labels, state: "created" });
			return { kind: "created", id };
		},
		start: async (id) => {
			if (now.start === "denied") return { kind: "denied", message: "no POST here" };
			if (now.start === "fails") throw new Error("its network is gone");
			const health = now.start === "never ready" ? "starting" : "healthy";
			change(id, { state: "running", startedAt: new Date(clock.wall()).toISOString(), health }, "start");
			if (now.start === "crashes") change(id, { state: "exited", exitCode: 1 }, "die");
			return { kind: "done" };
		},
		stop: async (id) => {
			if (now.removes === "denied") return { kind: "denied", message: "no POST here" };
			if (containers.get(id)?.state !== "running") return { kind: "done" };
			calls.push(`stop ${nameOf(id)}`);
			await now.stopping;
			change(id, { state: "exited" }, "kill", "die", "stop");
			return { kind: "done" };
		},
		remove: async (id) => {
			if (now.removes === "fails") throw new Error("the disk is in use");
			if (containers.has(id)) calls.push(`remove ${nameOf(id)}`);
			containers.delete(id);
			tell({ containerId: id, action: "destroy", at: clock.wall() });
			return { kind: "done" };
		},
	};

	const ports: ScalerPorts = {
		draft,
		load: async (pools) => {
			if (now.haproxy === "is silent") throw new Error("no answer");
			return pools.map((pool) => {
				const servers = membersOf(draft().fleet).filter((member) => member.pool === pool);
				const open = servers.filter(({ server }) => server.state === undefined).length;
				return {
					...{ pool, queued: 0, held: now.waiting, requests: now.requests, queueMs: 0, responseMs: 0 },
					servers: servers.map(({ server }) => ({
						server: server.name,
						current: server.state === undefined ? now.inFlight / open : 0,
						open: server.state === undefined,
					})),
				};
			});
		},
		replicas,
		usage: async (ids) => {
			if (now.cpu === "fails") throw new Error("no answer within 5 s");
			if (now.cpu === "hangs") return await new Promise(() => undefined);
			if (now.cpu === "denied") return { kind: "denied", message: "no statistics here" };
			used = { at: clock.wall(), ms: used.ms + (clock.wall() - used.at) * now.cpu };
			const usage = { at: used.at, usedMs: used.ms, machine: 1 };
			return { kind: "told", usages: new Map(ids.map((id) => [id, usage])) };
		},
		excuse: async (pool, why) => void excuses.push(`${pool}: ${why}`),
		asleep: {
			all: () => asleep,
			set: (id, at) => void (at === undefined ? asleep.delete(id) : asleep.set(id, at)),
		},
		hold: (id, hold) => {
			if (hold === undefined) held.delete(id);
			else held.set(id, hold);
		},
		inFlight: async (_, name) => {
			const its = [...containers.values()].find(({ id }) => name.endsWith(id.slice(0, 8)));
			const isOut = its === undefined || held.get(its.id) === "maint";
			return { state: isOut ? "out" : "drained", open: now.finishing, queued: 0, served: 0 };
		},
		order: (pool) => now.orders.get(pool),
		memory: rememberedBy(noScaleMemory),
		leader: async () => now.leader,
		room: async () => ({ canStart: now.canStart, why: "" }),
		complain: (news) => void complaints.push(...news.map(({ code, subject }) => `${code} ${subject}`)),
		record: (events) =>
			void records.push(...events.map(({ event, name, why }) => `${event} ${name}: ${why}`)),
	};
	const log = createLog("debug", { write: (line) => lines.push(JSON.parse(line)) });
	const create = (kept: ScaleMemory) =>
		createScaler({
			...{ ports: { ...ports, memory: rememberedBy(kept) }, clock, log },
			language: { join: "role=backend", prefix: "ballast." },
			marking: { prefix: "ballast.", owner: "proxy-1" },
		});
	let scaler = create(noScaleMemory);

	function rememberedBy(kept: ScaleMemory): ScalerPorts["memory"] {
		const keep = async (memory: ScaleMemory) => {
			now.memory = memory;
		};
		return { kept, keep, problems: () => [] };
	}

	/** From now on, until the test ends. */
	function run(): AbortController {
		const ends = new AbortController();
		isRunning = true;
		ends.signal.addEventListener("abort", () => {
			isRunning = false;
		});
		const ended = scaler.run(ends.signal);
		onTestFinished(async () => {
			ends.abort();
			await ended;
		});
		return ends;
	}

	return {
		...{ now, calls, records, excuses, complaints, held, asleep, leaving, run, draft, clock },
		scaler: {
			follows: (isFollowing: boolean) => scaler.follows(isFollowing),
			nudge: () => scaler.nudge(),
			decisions: () => scaler.decisions(),
			problems: () => scaler.problems(),
		},
		/** Another controller takes the place of one that has ended, as written down, and is told what it missed. */
		takesOver: () => {
			scaler = create(now.memory);
			run();
			scaler.follows(true);
			for (const event of missed.splice(0)) scaler.note(event);
		},
		/** What was missed is never told. */
		deaf: () => void missed.splice(0),
		warnings: () => lines.filter(({ level }) => level === "warn").map(({ msg }) => msg),
		told: () => lines.map(({ msg }) => msg),
		advance: clock.advance,
		/** The names of those that run. */
		up: () => [...containers.values()].filter(({ state }) => state === "running").map(({ name }) => name),
		/** All there are, whatever their state. */
		all: () => [...containers.values()].map(({ name }) => name),
		add: (one: Container) => {
			containers.set(one.id, one);
			tell({ containerId: one.id, action: "start", at: clock.wall() });
		},
		byName: (name: string) => [...containers.values()].find((one) => one.name === name),
		/** What somebody does to the container of this name; `actions`: what the engine tells of it. */
		happens: (name: string, over: Partial<Container>, ...actions: readonly string[]) => {
			const id = [...containers.values()].find((one) => one.name === name)?.id ?? "";
			change(id, over, ...actions);
			if (actions.includes("destroy")) containers.delete(id);
		},
		settled,
	};
}

/** An original whose size is asked for. */
export function scaledContainer(name: string, scale: string, over: Partial<Container> = {}): Container {
	return container(name, { health: "healthy", ...over, labels: { "ballast.scale": scale, ...over.labels } });
}
