import { stat } from "node:fs/promises";
import type { Log } from "../log.ts";
import type { Announcement } from "../model/announcement.ts";
import type { Problem } from "../model/problem.ts";
import { faultOf } from "./fault.ts";
import { findHandlers } from "./find.ts";
import { createListener, type Listener } from "./listener.ts";
import { runHandler } from "./run.ts";

/** The event handlers of a directory. */
export type Crew = AsyncDisposable & {
	/** Finds who is there now, and gives for each whether it will be told. */
	readonly tell: (announcement: Announcement) => Promise<readonly boolean[]>;
	readonly problems: () => Promise<readonly Problem[]>;
};

/** @param limit milliseconds for one run */
export function createCrew(directory: string, limit: number, log: Log): Crew {
	const hired = new Map<string, Listener>();
	/** When the file of a handler was last changed, as of its last run. */
	const changed = new Map<string, number>();
	let unfound: readonly Problem[] = [];

	async function tell(announcement: Announcement): Promise<readonly boolean[]> {
		const { paths, problems } = await findHandlers(directory, announcement.event);
		reportNew(problems);
		await dismissGone();
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
			if ((await changeOf(path)) !== undefined || !listener.idle()) continue;
			hired.delete(path);
			changed.delete(path);
		}
	}

	function hire(path: string): Listener {
		const listener = createListener({
			name: path,
			log,
			deliver: async (announcement, _trouble, signal) => {
				changed.set(path, (await changeOf(path)) ?? 0);
				const run = await runHandler(path, announcement, limit, signal);
				const { took, output } = run;
				return { problem: await faultOf(path, announcement.event, run), facts: { took, output } };
			},
		});
		hired.set(path, listener);
		return listener;
	}

	/** A file that was changed after its last run is taken for mended. */
	async function problemsOf([path, listener]: readonly [string, Listener]): Promise<readonly Problem[]> {
		const isAsItWas = (await changeOf(path)) === changed.get(path);
		return listener.problems().filter(({ code }) => isAsItWas || code !== "handler-failed");
	}

	return {
		tell,
		problems: async () => [...unfound, ...(await Promise.all([...hired].map(problemsOf))).flat()],
		[Symbol.asyncDispose]: async () => {
			await Promise.all([...hired.values()].map((listener) => listener[Symbol.asyncDispose]()));
		},
	};
}

/** A change of mode counts, too; undefined for a file that is gone. */
async function changeOf(path: string): Promise<number | undefined> {
	return await stat(path).then(
		({ ctimeMs }) => ctimeMs,
		() => undefined,
	);
}
