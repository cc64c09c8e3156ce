import PQueue from "p-queue";
import { orAborted } from "../abort.ts";
import type { Log } from "../log.ts";
import type { Announcement } from "../model/announcement.ts";
import type { Problem } from "../model/problem.ts";
import { faultOf } from "./fault.ts";
import { type Disk, findHandlers, ownDisk, unreadable } from "./find.ts";
import { createListener, type Deliver, type Delivery, type Listener } from "./listener.ts";
import { runHandler } from "./run.ts";

/** The event handlers of a directory. */
export type Crew = AsyncDisposable & {
	/** Finds who is there now, and gives for each whether it will be told. */
	readonly tell: (announcement: Announcement) => Promise<readonly boolean[]>;
	readonly problems: () => Promise<readonly Problem[]>;
};

/** Milliseconds in which a disk answers. */
const patience = 1_000;

/** @param limit milliseconds for one run */
export function createCrew(directory: string, limit: number, log: Log, disk: Disk = ownDisk): Crew {
	const hired = new Map<string, Listener>();
	/** When the file of a handler was last changed, as of its last run. */
	const changed = new Map<string, number>();
	/** One look at a time: a mount that hangs takes one of Node's four threads, and leaves three. */
	const looks = new PQueue({ concurrency: 1 });
	const end = new AbortController();
	let unfound: readonly Problem[] = [];

	async function tell(announcement: Announcement): Promise<readonly boolean[]> {
		const paths = await looks.add(async () => {
			const found = await findHandlers(directory, announcement.event, disk);
			reportNew(found.problems);
			await dismissGone();
			return found.paths;
		});
		if (end.signal.aborted) return [];
		return paths.map((path) => (hired.get(path) ?? hire(path)).tell(announcement));
	}

	function reportNew(problems: readonly Problem[]): void {
		const told = new Set(unfound.map(({ message }) => message));
		unfound = problems;
		for (const { code, subject, message, hint } of problems)
			if (!told.has(message)) log.warn({ code, subject, hint }, `${subject}: ${message}`);
	}

	async function dismissGone(): Promise<void> {
		for (const [path, listener] of hired) {
			if ((await changeOf(path, disk)) !== undefined || !listener.idle()) continue;
			hired.delete(path);
			changed.delete(path);
		}
	}

	function hire(path: string): Listener {
		const deliver: Deliver = async (announcement, _trouble, signal) => {
			const change = looks.add(() => changeOf(path, disk));
			changed.set(path, (await orAborted(change, signal)) ?? 0);
			return await runAndJudge(path, announcement, limit, signal);
		};
		const listener = createListener({ name: path, log, deliver });
		hired.set(path, listener);
		return listener;
	}

	async function look(): Promise<readonly Problem[]> {
		const mended = new Set<string>();
		for (const path of hired.keys()) if ((await changeOf(path, disk)) !== changed.get(path)) mended.add(path);
		return [...unfound, ...knownOf(hired, mended)];
	}

	return {
		tell: async (announcement) => await orAborted(tell(announcement), end.signal),
		problems: inTime(
			() => looks.add(look),
			() => [silent(directory), ...unfound, ...knownOf(hired)],
		),
		[Symbol.asyncDispose]: async () => {
			end.abort();
			await Promise.all([...hired.values()].map((listener) => listener[Symbol.asyncDispose]()));
		},
	};
}

async function runAndJudge(
	path: string,
	announcement: Announcement,
	limit: number,
	signal: AbortSignal,
): Promise<Delivery> {
	const run = await runHandler(path, announcement, limit, signal);
	const { took, output } = run;
	return {
		problem: await orAborted(faultOf(path, announcement.event, run), signal),
		facts: { took, output },
	};
}

/** @param mended files that were changed after their last run */
function knownOf(
	hired: ReadonlyMap<string, Listener>,
	mended: ReadonlySet<string> = new Set(),
): readonly Problem[] {
	return [...hired].flatMap(([path, listener]) =>
		listener.problems().filter(({ code }) => code !== "handler-failed" || !mended.has(path)),
	);
}

/** Who asks while an earlier question has no answer waits for that one. */
function inTime<T>(ask: () => Promise<T>, otherwise: () => T): () => Promise<T> {
	let asked: Promise<T> | undefined;
	return async () => {
		asked ??= ask().finally(() => {
			asked = undefined;
		});
		return await orAborted(asked, AbortSignal.timeout(patience)).catch(otherwise);
	};
}

function silent(directory: string): Problem {
	return unreadable(
		directory,
		`does not answer within ${patience / 1_000} s; what happens is told to handlers when it does`,
		"does ls answer there? If not, the disk or network mount it is on hangs",
	);
}

/** A change of mode counts, too; undefined for a file that is gone. */
async function changeOf(path: string, disk: Disk): Promise<number | undefined> {
	return await disk.stat(path).then(
		({ ctimeMs }) => ctimeMs,
		() => undefined,
	);
}
