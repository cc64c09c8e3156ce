import type { Clock } from "../clock.ts";
import type { Container, Leaving } from "../model/container.ts";
import type { DockerEvent } from "./events.ts";
import { signalName, terminates } from "./signals.ts";

/** A terminating signal that was sent: `at` by the engine's clock, in milliseconds since 1970; `heardAt` by ours, which never jumps. */
type Kill = {
	readonly signal: number;
	readonly at: number;
	readonly heardAt: number;
	/** The start that was known then, if any. */
	readonly startedAt: string | undefined;
	/** The container was started after it. */
	readonly isOver: boolean;
};

/** Who was told to stop: the one thing that events know and an inspect does not. */
export type Told = {
	/** Whether the event is a signal that tells its container to end; that is then remembered. A start ends it. */
	readonly note: (event: DockerEvent, container: Container | undefined) => boolean;
	/** All that is remembered now, by container id. */
	readonly heard: () => ReadonlyMap<string, Kill>;
	/** Forgets what was heard about a container before it was read again, unless it still holds. */
	readonly settle: (id: string, before: Kill | undefined, container: Container | undefined) => void;
	readonly leaving: (known: ReadonlyMap<string, Container>) => ReadonlyMap<string, Leaving>;
};

/** Past the stop timeout Docker kills. One that runs on after that was given more time, or has survived its signal. */
const overdueAfterMs = 5_000;
const recentMs = 10_000;

export function createTold(clock: Pick<Clock, "now">): Told {
	const kills = new Map<string, Kill>();

	function note({ containerId, action, signal, at }: DockerEvent, container: Container | undefined): boolean {
		if (action === "start") supersede(containerId, at);
		if (signal === undefined || !mayEnd(signal, containerId, container)) return false;
		const { startedAt } = container ?? {};
		kills.set(containerId, { signal, at, heardAt: clock.now(), startedAt, isOver: false });
		return true;
	}

	/** One that is told of late, after a signal that followed it, ends nothing. */
	function supersede(id: string, at: number): void {
		const kill = kills.get(id);
		if (kill !== undefined && (kill.at <= at || isSetBack(kill.at, at)))
			kills.set(id, { ...kill, isOver: true });
	}

	/** Of a container that was not read yet, the first doubtful signal counts until it was. */
	function mayEnd(signal: number, id: string, container: Container | undefined): boolean {
		if (container !== undefined) return terminates(signal, container.stopSignal);
		return terminates(signal, "SIGTERM") || !kills.has(id);
	}

	/** A kill that came in since `before` stays for the next read, as this one may have looked earlier. */
	function settle(id: string, before: Kill | undefined, container: Container | undefined): void {
		if (before === undefined || kills.get(id) !== before) return;
		if (container === undefined || !isMeantFor(container, before)) kills.delete(id);
	}

	function leaving(known: ReadonlyMap<string, Container>): ReadonlyMap<string, Leaving> {
		const now = clock.now();
		const told = [...kills].flatMap(([id, kill]) => {
			const container = known.get(id);
			return container !== undefined && isMeantFor(container, kill)
				? [[id, leavingOf(container, kill, now)] as const]
				: [];
		});
		return new Map(told);
	}

	return { note, heard: () => new Map(kills), settle, leaving };
}

export function isUp({ state }: Container): boolean {
	return state === "running" || state === "paused" || state === "restarting";
}

/**
 * A signal is meant for the start that it came after. The engine's times tell which that is, unless its clock was set back
 * in between: then the start that was known when the signal came, and that another came later.
 */
function isMeantFor({ startedAt, stopSignal }: Container, kill: Kill): boolean {
	if (!terminates(kill.signal, stopSignal)) return false;
	const started = Date.parse(startedAt);
	if (startedAt === kill.startedAt) return started <= kill.at || isSetBack(started, kill.at);
	return !kill.isOver && started <= kill.at;
}

/** Events come in order, and late by much less than this: what is told later has happened later. */
function isSetBack(earlier: number, later: number): boolean {
	return earlier - later > 5_000;
}

function leavingOf(container: Container, kill: Kill, now: number): Leaving {
	return {
		startedAt: container.startedAt,
		signal: signalName(kill.signal),
		recent: now - kill.heardAt < recentMs,
		overdue: isUp(container) && now - kill.heardAt > container.stopTimeout * 1000 + overdueAfterMs,
	};
}
